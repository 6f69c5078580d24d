"""RESIZE_NEAREST_NEIGHBOR: rows and pixels repeated or left out; one row waits where it enlarges."""

from packager.emit.hls._rearranged import Rearranged

LAYER = Rearranged()
