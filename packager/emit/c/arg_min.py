"""ARG_MIN."""

from packager.emit.c._arg import Arg

KERNEL = Arg(largest=False)
