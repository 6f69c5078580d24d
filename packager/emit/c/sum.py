"""SUM."""

from packager.emit.c._reduce import Reduce

KERNEL = Reduce("sum")
