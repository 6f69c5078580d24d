"""MEAN: over other axes than the channels'."""

from packager.prune.ops._reduce import TOTAL

FLOW = TOTAL
