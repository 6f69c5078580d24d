"""SQUEEZE: the same elements without dimensions of 1."""

import dataclasses
from collections.abc import Sequence

from packager.ir import Graph, Node
from packager.prune._contract import Tie
from packager.prune.ops import _reshape


def ties(graph: Graph, node: Node) -> Sequence[Tie] | None:
    """None where it drops whatever is 1: channels that become one would go with it."""
    return _reshape.ties(graph, node) if node.attrs.get("squeeze_dims") else None


FLOW = dataclasses.replace(_reshape.FLOW, ties=ties)
