"""GATHER by constant indices."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
