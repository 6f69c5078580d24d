"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN."""

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import same_problems, shift_problems
from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._elementwise import is_xnnpack
from packager.ops._reduction import axes_of

_MOST = 1 << 23
"""Elements whose sum fits 32 bits."""
_MOST_INT16 = 1 << 15
_ADDING = frozenset({"mean", "sum"})


@dataclasses.dataclass(frozen=True, slots=True)
class Reduce:
    kind: str
    """``mean``, ``sum``, ``max`` or ``min``."""

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from same_problems(op)
        if op.constant(1) is None:
            yield Problem("its axes are computed, not constant", "freeze them")
        elif _shape(op) is None:
            yield Problem("its axes do not lie side by side", "reduce them one after the other, or transpose")
        elif _count(op) > _most(op):
            yield Problem(f"it adds {_count(op)} elements, the kernel {_most(op)}", "reduce in two steps")
        elif self.kind in _ADDING:
            yield from shift_problems(self._fixed(op)["shift"])

    def layer(self, op: Op) -> Layer:
        shape = _shape(op)
        assert shape is not None, "problems() asked for it"
        if op.input(0).dtype is DType.INT16:
            return self._int16(op, shape)
        in_float = self.kind in _ADDING and is_xnnpack(op.evaluation)
        fields: dict[str, Any] = {"reduction": f"ep_reduce_{self.kind}"}
        if in_float:
            fields = self._float32(op)
        elif self.kind in _ADDING:
            fields = self._fixed(op)
        return Layer(
            invocations=(
                Invocation(
                    kernel="reduce",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={"outer": shape[0], "count": shape[1], "inner": shape[2], **fields},
                ),
            ),
            defines={"EP_REDUCE_FLOAT32": 1} if in_float else {},
        )

    def _int16(self, op: Op, shape: tuple[int, int, int]) -> Layer:
        adds = self.kind in _ADDING
        fields: dict[str, Any] = {"reduction": f"ep_reduce_int16_{'fixed' if adds else self.kind}"}
        scaled = self._fixed(op) if adds else {}
        fields |= {name: value for name, value in scaled.items() if name in {"multiplier", "shift"}}
        return Layer(
            invocations=(
                Invocation(
                    kernel="reduce_int16",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={"outer": shape[0], "count": shape[1], "inner": shape[2], **fields},
                ),
            ),
        )

    def _float32(self, op: Op) -> dict[str, Any]:
        first, output, count = op.input(0), op.output, _count(op)
        scale = np.float32(first.scale) / np.float32(output.scale)
        if self.kind == "mean":
            scale = scale * (np.float32(1) / np.float32(count))
        offset = np.float32(output.zero_point) - np.float32(count * first.zero_point) * scale
        return {"reduction": "ep_reduce_float32", "scale": scale, "offset": offset}

    def _fixed(self, op: Op) -> dict[str, Any]:
        first, output, count = op.input(0), op.output, _count(op)
        mantissa, shift = (int(part) for part in fixed.quantize_multiplier(first.scale / output.scale))
        if self.kind == "mean":
            widened = min(count.bit_length() - 1, 32, 31 + shift)
            mantissa, shift = (mantissa << widened) // count, shift - widened
        return {
            "reduction": "ep_reduce_fixed",
            "zero": count * first.zero_point,
            "multiplier": mantissa,
            "shift": shift,
            "output_zero": output.zero_point,
        }


def _most(op: Op) -> int:
    return _MOST_INT16 if op.input(0).dtype is DType.INT16 else _MOST


def _count(op: Op) -> int:
    return math.prod(op.input(0).dims[axis] for axis in axes_of(op.evaluation, op.constant(1)))


def _shape(op: Op) -> tuple[int, int, int] | None:
    """``[outer, count, inner]`` with the reduced dimensions in the middle; None where others lie between them."""
    dims = op.input(0).dims
    axes = [axis for axis in axes_of(op.evaluation, op.constant(1)) if dims[axis] > 1]
    if not axes:
        return math.prod(dims), 1, 1
    between = [dims[axis] for axis in range(axes[0], axes[-1]) if axis not in axes]
    if any(size > 1 for size in between):
        return None
    return math.prod(dims[: axes[0]]), math.prod(dims[axis] for axis in axes), math.prod(dims[axes[-1] + 1 :])
