"""STRIDED_SLICE: every so many values of a block."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
