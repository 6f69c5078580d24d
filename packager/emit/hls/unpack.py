"""UNPACK: parts of size 1, each a process of its own."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
