"""MINIMUM."""

from packager.emit.c._extreme import Extreme

KERNEL = Extreme(largest=False)
