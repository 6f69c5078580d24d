"""AVERAGE_POOL_2D: channel by channel."""

from packager.prune.ops import _window

FLOW = _window.FLOW
