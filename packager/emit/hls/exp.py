"""EXP: a table of 256 values."""

from packager.emit.hls._lookup import Lookup

LAYER = Lookup()
