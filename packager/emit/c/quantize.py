"""QUANTIZE: int8 to int8 by table, all else by arithmetic."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Invocation, Kernel, Layer, Op, Problem
from packager.emit.c._lookup import Lookup
from packager.emit.c._quantized import int8_problems, int16_problems
from packager.emit.c._rescale import Rescale
from packager.ir import DType

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
        scale = np.float32(op.output.scale)
        divides = op.arithmetic == "integer"
        return Layer(
            invocations=(
                Invocation(
                    kernel="quantize_int16" if op.output.dtype is DType.INT16 else "quantize",
                    struct="ep_quantize",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        "count": op.output.elements,
                        "divides": int(divides),
                        "scale": scale if divides else np.float32(1) / scale,
                        "zero_point": op.output.zero_point,
                    },
                ),
            ),
        )


def _of_integers(op: Op) -> Kernel:
    """A table for int8 to int8, arithmetic where one of both is int16."""
    return Rescale(_slopes) if DType.INT16 in {op.input(0).dtype, op.output.dtype} else Lookup()


def _slopes(op: Op) -> tuple[float, float]:
    ratio = op.input(0).scale / op.output.scale
    return ratio, ratio


KERNEL = _Quantize()
