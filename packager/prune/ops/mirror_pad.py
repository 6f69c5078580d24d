"""MIRROR_PAD: moves elements within their channel."""

from packager.prune.ops._carry import MOVING

FLOW = MOVING
