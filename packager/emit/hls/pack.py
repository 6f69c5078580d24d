"""PACK of two to four streams along a new axis."""

from packager.emit.hls._joined import Joined

LAYER = Joined()
