"""What CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of int16 with int8 weights share."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Op, Problem, padded
from packager.emit.c._linear import packed, quads_of
from packager.emit.c._quantized import int16_problems
from packager.emit.c._scaling import BLOCK
from packager.emit.c._scaling16 import Scaling16, scaling16_of, scaling16_problems
from packager.ir import DType
from packager.ops import Call
from packager.ops._contraction import is_wide
from packager.ops._requantize import Rule

WORD = 2
"""Bytes of an element."""
_END = 1 << 31
"""Of int32."""


@dataclasses.dataclass(frozen=True, slots=True)
class Linear16:
    rule: Callable[[Call], Rule]
    """The reference's own choice."""

    def problems(self, op: Op) -> Iterator[Problem]:
        found = [*int16_problems(op), *_weight_problems(op)]
        yield from found
        if not found:
            yield from scaling16_problems(op, self.rule(op.evaluation), _reach(op, self.rows(op)))

    def rows(self, op: Op) -> Ints:
        """The weights as ``[outputs, n]``."""
        return np.reshape(weights16(op), (op.output.dims[-1], -1))

    def scaling(self, op: Op) -> Scaling16:
        return scaling16_of(op, self.rule(op.evaluation), long=self.is_long(op))

    def is_long(self, op: Op) -> bool:
        """Whether sums need 64 bits: they wrap at 32 where LiteRT's do, and mostly fit, whatever the input."""
        return is_wide(op.evaluation) and int(_reach(op, self.rows(op)).max(initial=0)) >= _END

    def bias(self, op: Op) -> tuple[Constant, Fields]:
        """The constant, and the fields that say where it lies."""
        wide = self.is_long(op)
        constant = Constant(name="bias", ctype="int64_t" if wide else "int32_t", values=padded(bias16(op), BLOCK))
        symbol = op.symbol("bias")
        return constant, {"long_bias": symbol} if wide else {"bias": symbol}


def sizes16(rows: Ints) -> Fields:
    return {"outputs": rows.shape[0], "rows": rows.shape[1], "quads": quads_of(rows)}


def defines16(together: int, *, long: bool) -> dict[str, int]:
    return {"EP_INT16_LONG": int(long), "EP_INT16_TOGETHER": int(together > 1)}


def packed16(rows: Ints, suffix: str = "") -> Constant:
    return Constant(name=f"weights{suffix}", ctype="int8_t", values=packed(rows))


def _reach(op: Op, rows: Ints) -> Ints:
    """The largest magnitude that any partial sum of a channel can have, whatever the input and the order."""
    reach: Ints = np.abs(bias16(op)) + (1 << 15) * np.abs(rows.astype(np.int64)).sum(axis=1)
    return reach


def weights16(op: Op) -> Ints:
    weights = op.constant(1)
    assert weights is not None, "problems() asked for it"
    return weights


def bias16(op: Op) -> Ints:
    bias = op.constant(2)
    return np.zeros(op.output.dims[-1], np.int64) if bias is None else bias.astype(np.int64).reshape(-1)


def _weight_problems(op: Op) -> Iterator[Problem]:
    weights, positions = op.input(1), range(1, len(op.node.inputs))
    if any(op.constant(i) is None and op.node.inputs[i] >= 0 for i in positions):
        yield Problem("its weights or its bias are computed, not constant", "freeze the model")
    elif weights.dtype is not DType.INT8 or weights.quant is None or not weights.is_quantized:
        yield Problem(f"its weights are {weights.dtype}", "quantize weights to int8")
    elif any(weights.quant.zero_point):
        yield Problem("its weights have a zero point", "quantize weights symmetrically")
