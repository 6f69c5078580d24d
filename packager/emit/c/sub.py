"""SUB."""

from packager.emit.c._sum import Sum

KERNEL = Sum(-1)
