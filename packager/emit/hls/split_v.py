"""SPLIT_V: parts of given sizes, each a process of its own."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
