"""TILE: its input, several times."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
