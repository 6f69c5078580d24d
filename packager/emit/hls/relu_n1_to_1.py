"""RELU_N1_TO_1: a table of 256 values."""

from packager.emit.hls._lookup import Lookup

LAYER = Lookup()
