"""SPACE_TO_DEPTH: blocks of pixels to channels."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
