"""TRANSPOSE: a whole frame waits, for its last value may come first."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
