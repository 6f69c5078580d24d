"""Checks that most kernels make."""

from collections.abc import Iterable, Iterator

from packager.emit.c._contract import Op, Problem
from packager.ir import ABSENT, DType
from packager.ops._requantize import activation_of, clampable


def int8_problems(op: Op, inputs: int = 1) -> Iterator[Problem]:
    """The first inputs and all outputs are int8 with one scale, and the fused activation is a clamp."""
    for t in (*op.node.inputs[:inputs], *op.node.outputs):
        tensor = op.graph.tensors[t]
        if t == ABSENT or tensor.type.dtype is not DType.INT8:
            yield Problem(f"{tensor.name!r} is {tensor.type.dtype}, the kernel takes int8", "quantize it to int8")
        elif not tensor.type.is_quantized or tensor.type.quant is None or tensor.type.quant.is_per_channel:
            yield Problem(f"{tensor.name!r} has no single scale", "quantize activations per tensor")
    if not clampable(activation_of(op.attrs)):
        yield Problem("its fused activation is no clamp", "use RELU or RELU6")


def constant_problems(op: Op, positions: Iterable[int]) -> Iterator[Problem]:
    """Inputs that a kernel keeps among its constants are there or absent, but not computed."""
    for position in positions:
        if position < len(op.node.inputs) and op.node.inputs[position] != ABSENT and op.constant(position) is None:
            yield Problem(f"its input {position} is computed, not constant", "freeze the model")


def kernel_of(name: str, op: Op) -> str:
    """The kernel for the type of the operator's first input: ``<name>_int16`` beside that for int8."""
    return f"{name}_int16" if op.input(0).dtype is DType.INT16 else name
