"""REDUCE_MAX."""

from packager.emit.c._reduce import Reduce

KERNEL = Reduce("max")
