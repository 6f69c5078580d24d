"""Elementwise operators on two tensors, with ONNX's broadcasting."""

from collections.abc import Callable

import numpy as np

from packager.frontends._onnx.graph import OnnxNode, UnloweredError, as_float
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import PLAIN, Layout, Value, permuted, to_last


def binary(op: str, options: str, *, rule: Callable[[Value, Value], bool]) -> Callable[[Lowering, OnnxNode], None]:
    """Return the lowering to one TFLite operator; `rule` tells from its inputs whether the result is never negative."""

    def lower(to: Lowering, node: OnnxNode) -> None:
        if len(node.inputs) != 2:
            raise UnloweredError(f"{len(node.inputs)} inputs")
        combine(to, op, options, node.inputs, node.outputs[0], rule)

    return lower


def combine(
    to: Lowering,
    op: str,
    options: str,
    inputs: tuple[str, ...],
    output: str,
    rule: Callable[[Value, Value], bool],
) -> None:
    """Add an elementwise operator, its inputs brought into one layout."""
    variables = [to.value(name) for name in inputs if name not in to.graph.constants]
    layout = _common(variables, to.graph.shape(output))
    values = [_operand(to, name, len(to.graph.shape(output)), layout) for name in inputs]
    non_negative = rule(values[0], values[1])
    to.emit(op, [v.tensor for v in values], output, layout, non_negative=non_negative, options=options)


def _common(variables: list[Value], out: tuple[int, ...]) -> Layout:
    """Channels last as soon as one full-rank input is; a flattened image only where all agree."""
    if any(v.rank != len(out) for v in variables):
        return PLAIN
    layouts = {v.layout for v in variables}
    if len(layouts) == 1:
        return layouts.pop()
    return next((la for la in layouts if la.channels_last), PLAIN)


def _operand(to: Lowering, name: str, rank: int, layout: Layout) -> Value:
    if name not in to.graph.constants:
        return to.stored_as(to.value(name), layout)
    array = as_float(to.constant(name))
    shape = array.shape
    if layout.channels_last:
        array = array.reshape((1,) * (rank - array.ndim) + shape).transpose(to_last(rank))
    elif layout.image and array.size > 1:
        array = _reordered(array, layout)
    return Value(tensor=to.const(array), shape=shape, layout=layout, non_negative=bool(np.all(array >= 0)))


def _reordered(array: np.ndarray, layout: Layout) -> np.ndarray:
    if array.shape[-1] == 1:
        return array
    order = permuted((0, *range(1, len(layout.image) + 1)), to_last(len(layout.image) + 1))
    images = array.reshape(-1, *layout.image).transpose(order)
    return np.ascontiguousarray(images).reshape(array.shape)
