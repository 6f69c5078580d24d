"""DEPTH_TO_SPACE: channels to blocks of pixels."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
