"""SLICE: a block of its input."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
