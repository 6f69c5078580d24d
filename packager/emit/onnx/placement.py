"""Which inputs of which operators TensorRT gets as int8.

Q/DQ pairs sit on the inputs of the operators that compute in int8, never between a convolution and what TensorRT fuses
into it: activation, residual addition.
"""

from collections.abc import Mapping

from packager.emit.onnx.forms import find_form
from packager.ir import ABSENT, Activation, Graph, Node

_FUSES_ADD = ("CONV_2D", "DEPTHWISE_CONV_2D")


def quantized_inputs(graph: Graph, keep_float: frozenset[int]) -> dict[int, tuple[int, ...]]:
    """Return, by operator index, the input positions that get a Q/DQ pair.

    Those that the operator's form names, and the skip input of a residual addition. Operators of `keep_float` and those
    whose data inputs are not float get none.
    """
    producers, consumers = graph.producers(), graph.consumers()
    chosen: dict[int, tuple[int, ...]] = {}
    for index, node in enumerate(graph.nodes):
        form = find_form(node.op)
        if form is None or index in keep_float:
            continue
        positions = _skip_input(graph, node, producers, consumers, keep_float) if node.op == "ADD" else form.quantized
        positions = tuple(p for p in positions if _is_float_activation(graph, node, p))
        if positions:
            chosen[index] = positions
    return chosen


def _is_float_activation(graph: Graph, node: Node, position: int) -> bool:
    if position >= len(node.inputs) or node.inputs[position] == ABSENT:
        return False
    tensor = graph.tensors[node.inputs[position]]
    return tensor.type.dtype.is_float and not tensor.is_constant


def _skip_input(
    graph: Graph,
    node: Node,
    producers: Mapping[int, int],
    consumers: Mapping[int, tuple[int, ...]],
    keep_float: frozenset[int],
) -> tuple[int, ...]:
    """Return the input of an addition that does not come straight from a convolution, if the other one does.

    TensorRT then computes convolution, addition and activation in one int8 kernel. Of two convolutions the one that
    runs last is fused, so the earlier one's result is the skip input.
    """
    first, second = node.inputs
    if graph.type_of(first).dims != graph.type_of(second).dims:
        return ()

    def fuses(tensor: int) -> bool:
        maker = producers.get(tensor)
        return (
            maker is not None
            and maker not in keep_float
            and graph.nodes[maker].op in _FUSES_ADD
            and graph.nodes[maker].attrs["fused_activation_function"] == Activation.NONE
            and len(consumers[tensor]) == 1
            and tensor not in graph.outputs
        )

    candidates = [p for p, tensor in enumerate((first, second)) if fuses(tensor)]
    if not candidates or first == second:
        return ()
    fused = max(candidates, key=lambda p: producers[node.inputs[p]])
    return (1 - fused,)
