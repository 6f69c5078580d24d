"""EXPAND_DIMS: the same elements with another dimension of 1."""

from packager.prune.ops import _reshape

FLOW = _reshape.FLOW
