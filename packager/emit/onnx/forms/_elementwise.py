"""Operators that act on each element: they work in whatever layout their input has."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import Layout, storage
from packager.ir import Node

Compute = Callable[[Emission, Node, Sequence[str]], str]
"""Adds nodes for operands of one layout and returns the result's value."""


def onnx_op(op: str, **attrs: Any) -> Compute:
    return lambda e, _, values: e.node(op, values, **attrs)


def unary(compute: Compute) -> Callable[[Emission, Node], None]:
    def emit(e: Emission, node: Node) -> None:
        layout = e.layout_of(node.inputs[0])
        e.write(node.outputs[0], compute(e, node, [e.read(node.inputs[0], layout)]), layout)

    return emit


def binary(compute: Compute) -> Callable[[Emission, Node], None]:
    """Operands are broadcast; a fused activation is applied after."""

    def emit(e: Emission, node: Node) -> None:
        out = node.outputs[0]
        layout = common_layout(e, node.inputs, len(e.dims(out)))
        operands = [operand(e, p, t, layout, len(e.dims(out))) for p, t in enumerate(node.inputs)]
        value = compute(e, node, operands)
        e.write(out, e.activate(value, node.attrs.get("fused_activation_function") or 0), layout)

    return emit


def common_layout(e: Emission, tensors: Sequence[int], rank: int) -> Layout:
    """Channels first where an operand has it, unless another is of lower rank and only known at run time."""
    computed = [t for t in tensors if not e.is_constant(t)]
    if any(len(e.dims(t)) < rank and math.prod(e.dims(t)) > 1 for t in computed):
        return Layout.NATIVE
    return e.layout_of(*computed)


def operand(e: Emission, position: int, tensor: int, layout: Layout, rank: int) -> str:
    """Return an operand of a broadcast in `layout`; constants of lower rank get leading axes of 1."""
    dims = e.dims(tensor)
    if not e.is_constant(tensor):
        own = layout if len(dims) == rank else Layout.NATIVE
        return e.read_quantized(position, tensor, own)
    if layout is Layout.NATIVE or math.prod(dims) == 1:
        return e.read(tensor)
    full = e.data(tensor).reshape((1,) * (rank - len(dims)) + dims)
    return e.constant_of(tensor, full.transpose(storage(layout, rank)))
