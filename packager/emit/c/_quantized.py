"""Checks that most kernels make."""

from collections.abc import Iterable, Iterator

from packager.emit.c._contract import Op, Problem
from packager.ir import ABSENT, DType
from packager.ops._requantize import activation_of, clampable

_BITS = 32
"""Of what the kernels compute in."""


def int8_problems(op: Op, inputs: int = 1) -> Iterator[Problem]:
    """The first inputs and all outputs are int8 with one scale, and the fused activation is a clamp."""
    return _problems(op, inputs, DType.INT8)


def int16_problems(op: Op, inputs: int = 1) -> Iterator[Problem]:
    """The same of int16, with zero point 0."""
    return _problems(op, inputs, DType.INT16)


def same_problems(op: Op, inputs: int = 1) -> Iterator[Problem]:
    """The same of whichever of both types the first input is."""
    return _problems(op, inputs, DType.INT16 if op.input(0).dtype is DType.INT16 else DType.INT8)


def _problems(op: Op, inputs: int, dtype: DType) -> Iterator[Problem]:
    for t in (*op.node.inputs[:inputs], *op.node.outputs):
        tensor = op.graph.tensors[t]
        if t == ABSENT or tensor.type.dtype is not dtype:
            yield Problem(
                f"{tensor.name!r} is {tensor.type.dtype}, the kernel takes {dtype}", f"quantize it to {dtype}"
            )
        elif not tensor.type.is_quantized or tensor.type.quant is None or tensor.type.quant.is_per_channel:
            yield Problem(f"{tensor.name!r} has no single scale", "quantize activations per tensor")
        elif dtype is DType.INT16 and tensor.type.zero_point:
            yield Problem(f"{tensor.name!r} is int16 with a zero point", "quantize int16 symmetrically")
    if not clampable(activation_of(op.attrs)):
        yield Problem("its fused activation is no clamp", "use RELU or RELU6")


def shift_problems(*shifts: int) -> Iterator[Problem]:
    """Shifts to the left leave some bit of 32; what they push out is gone in LiteRT as well."""
    if max(shifts) >= _BITS:
        yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")


def row_problems(op: Op, deepest: int) -> Iterator[Problem]:
    """The first input's rows are not too long for a kernel that adds up each."""
    depth = op.input(0).dims[-1]
    if depth > deepest:
        yield Problem(f"a row has {depth} elements, the kernel takes {deepest}", "split the rows")


def rows_of(op: Op) -> dict[str, int]:
    """How many rows there are, and how long each is."""
    depth = op.input(0).dims[-1]
    return {"rows": op.output.elements // depth, "depth": depth}


def constant_problems(op: Op, positions: Iterable[int]) -> Iterator[Problem]:
    """Inputs that a kernel keeps among its constants are there or absent, but not computed."""
    for position in positions:
        if position < len(op.node.inputs) and op.node.inputs[position] != ABSENT and op.constant(position) is None:
            yield Problem(f"its input {position} is computed, not constant", "freeze the model")


def kernel_of(name: str, op: Op) -> str:
    """The kernel for the type of the operator's first input: ``<name>_int16`` beside that for int8."""
    return f"{name}_int16" if op.input(0).dtype is DType.INT16 else name
