"""SQUEEZE: nothing to build."""

from packager.emit.hls._alias import Alias

LAYER = Alias()
