"""MIRROR_PAD: the border's reflection around it."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
