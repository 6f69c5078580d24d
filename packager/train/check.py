"""What can be trained is said before anything starts: in the build's own process, without TensorFlow."""

from collections.abc import Collection, Iterator

import numpy as np

from packager.errors import ConfigError, Diagnostic, Severity, UnsupportedError, did_you_mean
from packager.ir import ABSENT, Activation, DType, Graph, Model, Node
from packager.train.ops import find_trainable
from packager.util.extras import need

_HINT = "leave the steps that train out of the recipe, or replace the operator"


def need_tensorflow() -> None:
    """Check that TensorFlow is installed, without importing it.

    Raises:
        ToolError: it is not; names the extra that brings it.
    """
    need(("tensorflow", "keras"), "tensorflow", "training")


def check_trainable(model: Model) -> None:
    """Check that every operator of a float, static model can be trained through.

    Raises:
        UnsupportedError: names every operator that can't.
    """
    found = [
        Diagnostic(severity=Severity.ERROR, where=where, message=problem, hint=_HINT)
        for where, problem in _problems(model)
    ]
    if found:
        raise UnsupportedError.from_diagnostics(f"{model.name}: can't be trained", found)


def trained_constants(graph: Graph, freeze: Collection[str] = ()) -> dict[int, int]:
    """Return the constants that training changes, by tensor index, with their axis of output channels or `ABSENT`.

    Args:
        graph: Checked.
        freeze: Names of layers that keep their weights.

    Raises:
        ConfigError: a name is no layer's with weights.
    """
    layers = {graph.node_name(i): node for i, node in enumerate(graph.nodes) if any(_trained(graph, node))}
    for name in freeze:
        if name not in layers:
            raise ConfigError(f"freeze: no layer {name!r} has weights", hint=did_you_mean(name, layers))
    still = {t for name in freeze for t in layers[name].inputs}
    found: dict[int, int] = {}
    for node in layers.values():
        found |= {t: axis for t, axis in _trained(graph, node) if t not in still}
    return found


def _trained(graph: Graph, node: Node) -> Iterator[tuple[int, int]]:
    known = find_trainable(node.op)
    for position, axis in known.weights.items() if known else ():
        t = node.inputs[position] if position < len(node.inputs) else ABSENT
        data = None if t == ABSENT else graph.tensors[t].data
        # A lone number is a scale or an offset that someone chose, no weight.
        if data is not None and data.dtype == np.float32 and data.size > (axis == ABSENT):
            yield t, axis


def _problems(model: Model) -> Iterator[tuple[str, str]]:
    graph = model.main
    if len(model.graphs) > 1:
        yield "", "it holds loops or branches"
    computed = {t for node in graph.nodes for t in node.outputs} | set(graph.inputs)
    for t in graph.inputs:
        if graph.type_of(t).dtype is not DType.FLOAT32:
            yield f"input {graph.tensors[t].name!r}", f"holds {graph.type_of(t).dtype.value}, no float32"
    for index, node in enumerate(graph.nodes):
        if problem := _problem(graph, node, computed):
            yield graph.where(index), problem


def _problem(graph: Graph, node: Node, computed: set[int]) -> str:
    known = find_trainable(node.op)
    if known is None:
        return "no gradient is known for this operator"
    if node.attrs.get("fused_activation_function") in (Activation.TANH, Activation.SIGN_BIT):
        return "LiteRT does not compute its fused activation"
    for t in (*node.inputs, *node.outputs):
        if t != ABSENT and t in computed:
            type_ = graph.type_of(t)
            if type_.dtype is not DType.FLOAT32:
                return f"{graph.tensors[t].name!r} holds {type_.dtype.value}, no float32"
            if not type_.dims or type_.dims[0] != 1:
                return f"{graph.tensors[t].name!r} is {list(type_.dims)}: its first axis is no batch of 1"
    if not any(t in computed for t in node.inputs):
        return "it computes from constants alone"
    return known.problem(graph, node)
