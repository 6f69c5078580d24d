"""REDUCE_MAX: over other axes than the channels'."""

from packager.prune.ops._reduce import EXTREME

FLOW = EXTREME
