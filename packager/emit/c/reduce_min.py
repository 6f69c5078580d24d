"""REDUCE_MIN."""

from packager.emit.c._reduce import Reduce

KERNEL = Reduce("min")
