"""REDUCE_MIN: over other axes than the channels'."""

from packager.prune.ops._reduce import EXTREME

FLOW = EXTREME
