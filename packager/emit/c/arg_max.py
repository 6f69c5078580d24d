"""ARG_MAX."""

from packager.emit.c._arg import Arg

KERNEL = Arg(largest=True)
