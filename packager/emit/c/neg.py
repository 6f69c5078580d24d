"""NEG by table."""

from packager.emit.c._lookup import Lookup

KERNEL = Lookup()
