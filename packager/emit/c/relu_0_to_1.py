"""RELU_0_TO_1 by table."""

from packager.emit.c._lookup import Lookup

KERNEL = Lookup()
