"""Parameters that TFLite gives as constant inputs and ONNX wants to know."""

from collections.abc import Callable, Iterable

import numpy as np

from packager.emit.onnx.emission import Emission
from packager.ir import Graph, Node


def constant(*positions: int) -> Callable[[Graph, Node], Iterable[str]]:
    """Return a check that the inputs at these positions are constants."""

    def problems(graph: Graph, node: Node) -> Iterable[str]:
        for position in positions:
            if position < len(node.inputs) and not graph.tensors[node.inputs[position]].is_constant:
                name = graph.tensors[node.inputs[position]].name
                yield f"its parameter {name!r} is computed at run time"

    return problems


def integers(e: Emission, tensor: int) -> list[int]:
    """Return a constant tensor's elements."""
    return [int(v) for v in np.asarray(e.data(tensor)).reshape(-1)]
