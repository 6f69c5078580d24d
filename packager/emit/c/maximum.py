"""MAXIMUM."""

from packager.emit.c._extreme import Extreme

KERNEL = Extreme(largest=True)
