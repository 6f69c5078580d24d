"""QUANTIZE: 8 bits to 8 bits by table, all else by arithmetic."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from packager.emit.c._contract import Invocation, Kernel, Layer, Op, Problem
from packager.emit.c._lookup import Lookup, table_of
from packager.emit.c._quantized import int8_problems, int16_problems
from packager.emit.c._rescale import Rescale
from packager.ir import DType
from packager.ops.quantize import converted, whole_of

_BYTES = frozenset({DType.INT8, DType.UINT8})


class _Quantize:
    def problems(self, op: Op) -> Iterator[Problem]:
        if {op.input(0).dtype, op.output.dtype} <= _BYTES:
            if not all(type_.is_quantized for type_ in (op.input(0), op.output)):
                yield Problem("its input or output has no scale", "quantize both")
        elif op.input(0).dtype is not DType.FLOAT32:
            yield from _of_integers(op).problems(op)
        elif op.output.dtype is DType.INT16:
            yield from int16_problems(op, 0)
        else:
            yield from int8_problems(op, 0)

    def layer(self, op: Op) -> Layer:
        if op.input(0).dtype is not DType.FLOAT32:
            return _of_integers(op).layer(op)
        return Layer(invocations=tuple(_real(op, part) for part in _parts(op)))


class _Part(NamedTuple):
    """Elements that are rounded alike: as by LiteRT's vector kernels, or by the loop behind them."""

    start: int
    elements: int
    vector: bool


def _parts(op: Op) -> tuple[_Part, ...]:
    count, whole = op.output.elements, whole_of(op.evaluation)
    split = count if whole is None else whole
    both = (_Part(0, split, vector=True), _Part(split, count - split, vector=False))
    return tuple(part for part in both if part.elements)


def _real(op: Op, part: _Part) -> Invocation:
    scale = np.float32(op.output.scale)
    divides = op.arithmetic == "integer" or not part.vector
    kernel = "quantize_int16" if op.output.dtype is DType.INT16 else "quantize"
    return Invocation(
        kernel=kernel if part.vector else f"{kernel}_apart",
        struct="ep_quantize",
        arguments=(op.at_input(0, part.start), op.at_output(0, part.start)),
        fields={
            "count": part.elements,
            "divides": int(divides),
            "scale": scale if divides else np.float32(1) / scale,
            "zero_point": op.output.zero_point,
        },
    )


class _Tables:
    """Of bytes: a table, and one more for what LiteRT's vector kernels leave."""

    def problems(self, op: Op) -> Iterator[Problem]:
        return Lookup().problems(op)

    def layer(self, op: Op) -> Layer:
        every = np.arange(256, dtype=np.uint8)
        every = every if op.input(0).dtype is DType.UINT8 else every.view(np.int8)
        parts = [(part, converted(op.evaluation, every, vector=part.vector)) for part in _parts(op)]
        if len(parts) > 1 and np.array_equal(parts[0][1], parts[1][1]):
            parts = [(_Part(0, op.output.elements, vector=True), parts[0][1])]
        layers = [table_of(op, values, part.start, part.elements) for part, values in parts]
        return Layer(
            invocations=tuple(call for layer in layers for call in layer.invocations),
            constants=tuple(constant for layer in layers for constant in layer.constants),
        )


def _of_integers(op: Op) -> Kernel:
    """A table for 8 bits to 8 bits, arithmetic where one of both is int16."""
    return Rescale(_slopes) if DType.INT16 in {op.input(0).dtype, op.output.dtype} else _Tables()


def _slopes(op: Op) -> tuple[float, float]:
    ratio = op.input(0).scale / op.output.scale
    return ratio, ratio


KERNEL = _Quantize()
