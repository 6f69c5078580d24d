"""RESHAPE: its shape constant follows the channels."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from packager.ir import Graph, Node
from packager.prune._contract import Array
from packager.prune.ops import _reshape


def refit(graph: Graph, node: Node) -> Mapping[int, Array]:
    if len(node.inputs) < 2 or graph.tensors[node.inputs[1]].data is None:
        return {}
    return {node.inputs[1]: np.array(graph.type_of(node.outputs[0]).dims, np.int32)}


FLOW = dataclasses.replace(_reshape.FLOW, refit=refit)
