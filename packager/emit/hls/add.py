"""ADD."""

from packager.emit.hls._sum import Sum

LAYER = Sum(1)
