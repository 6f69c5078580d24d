"""MAXIMUM."""

from packager.emit.hls._extreme import Extreme

LAYER = Extreme(greater=True)
