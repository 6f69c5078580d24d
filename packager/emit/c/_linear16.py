"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of int16 with int8 weights."""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int16_problems
from packager.emit.c._scaling16 import scaling16_of, scaling16_problems
from packager.emit.c._window import window_of
from packager.ir import DType
from packager.ops import Call
from packager.ops._requantize import Rule


@dataclasses.dataclass(frozen=True, slots=True)
class Linear16:
    """One of the three, told apart by its weights' channel axis and by its window."""

    rule: Callable[[Call], Rule]
    """The reference's own choice."""
    kernel: str = "conv_2d_int16"
    channel_axis: int = 0

    def problems(self, op: Op) -> Iterator[Problem]:
        found = [*int16_problems(op), *_weight_problems(op)]
        yield from found
        if not found:
            rows = np.moveaxis(_weights(op), self.channel_axis, 0).reshape(op.output.dims[-1], -1)
            reach = np.abs(_bias(op)) + (1 << 15) * np.abs(rows.astype(np.int64)).sum(axis=1)
            yield from scaling16_problems(op, self.rule(op.evaluation), reach)

    def layer(self, op: Op) -> Layer:
        scaling = scaling16_of(op, self.rule(op.evaluation))
        fields = {"weights": op.symbol("weights"), "bias": op.symbol("bias"), "scaling": scaling.fields}
        return Layer(
            invocations=(
                Invocation(
                    kernel=self.kernel,
                    arguments=(op.at_input(0), op.at_output()),
                    fields={**self._shape(op), **fields},
                ),
            ),
            constants=(*_constants(op), *scaling.constants),
            defines=scaling.defines,
        )

    def _shape(self, op: Op) -> Fields:
        weights = _weights(op)
        if weights.ndim == 2:
            return {"window": _rows(op, *weights.shape), "depth": weights.shape[1], "share": weights.shape[0]}
        window = window_of(op, *weights.shape[1:3])
        if self.channel_axis:
            return {"window": window, "multiplier": weights.shape[3] // op.input(0).dims[3]}
        depth = weights.shape[3]
        return {"window": window, "depth": depth, "share": weights.shape[0] * depth // op.input(0).dims[3]}


def _rows(op: Op, units: int, depth: int) -> Fields:
    """A fully connected layer as a window of one pixel over all rows."""
    rows = op.input(0).elements // depth
    one = dict.fromkeys(("batches", "input_h", "output_h", "kernel_h", "kernel_w"), 1)
    steps = dict.fromkeys(("stride_h", "stride_w", "dilation_h", "dilation_w"), 1)
    sizes = {"input_w": rows, "output_w": rows, "input_c": depth, "output_c": units}
    return {**one, **steps, **sizes, "pad_h": 0, "pad_w": 0, "top": 0, "bottom": 1, "left": 0, "right": rows}


def _constants(op: Op) -> tuple[Constant, ...]:
    return (
        Constant(name="weights", ctype="int8_t", values=_weights(op).reshape(-1)),
        Constant(name="bias", ctype="int64_t", values=_bias(op)),
    )


def _weights(op: Op) -> Ints:
    weights = op.constant(1)
    assert weights is not None, "problems() asked for it"
    return weights


def _bias(op: Op) -> Ints:
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
