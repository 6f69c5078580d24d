"""PAD: channel by channel."""

from packager.prune.ops import _pad

FLOW = _pad.FLOW
