"""DEPTHWISE_CONV_2D."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import SCRATCH, Constant, Fields, Ints, Invocation, Layer, Op, Problem, padded
from packager.emit.c._linear import folded_bias, operand_problems, reach_of
from packager.emit.c._linear16 import WORD, Linear16
from packager.emit.c._scaling import BLOCK, scaling_of, scaling_problems
from packager.emit.c._window import along_row, window_of
from packager.ops._requantize import Rule
from packager.ops.depthwise_conv_2d import rule_of


class _DepthwiseConv2d:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(operand_problems(op))
        yield from found
        if not found:
            rows = _taps(op).T
            reach = reach_of(rows, folded_bias(op, rows, op.input(0)))
            yield from scaling_problems(op, op.input(0), op.input(1), _rule(op), reach)

    def layer(self, op: Op) -> Layer:
        taps, x = _taps(op), op.input(0)
        _, height, width, channels = op.input(1).dims
        bias = folded_bias(op, taps.T, x)
        scaling = scaling_of(op, x, op.input(1), _rule(op), reach_of(taps.T, bias))
        window = along_row(window_of(op, height, width))
        # Vector kernels read whole blocks of channels.
        past = -channels % BLOCK if channels == x.dims[3] else 0
        wide = np.pad(taps, ((0, 0), (0, -channels % BLOCK)))
        return Layer(
            invocations=(
                Invocation(
                    kernel="depthwise_conv_2d",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output(), SCRATCH),
                    fields={
                        "window": window,
                        "weights": op.symbol("weights"),
                        "bias": op.symbol("bias"),
                        "scaling": scaling.fields,
                        "multiplier": channels // x.dims[3],
                        "channels": wide.shape[1],
                        "zero_point": x.zero_point,
                    },
                ),
            ),
            constants=(
                *scaling.constants,
                Constant(name="weights", ctype="int8_t", values=wide.reshape(-1)),
                Constant(name="bias", ctype="int32_t", values=padded(bias, BLOCK)),
            ),
            scratch=x.dims[3] + past,
            spared=scaling.spared,
            reads_past=past,
            defines={
                **scaling.defines,
                "EP_TAPS": height * width,
                "EP_MULTIPLIES": int(channels != x.dims[3]),
                "EP_CHUNK_ENDS": int(channels % BLOCK > 0),
                **_kind(window),
            },
        )


def _kind(window: Fields) -> dict[str, int]:
    """Which of NEON's loops the layer takes; those that no layer takes are not compiled."""
    facts = [window[name] for name in ("kernel_h", "kernel_w", "dilation_h", "dilation_w", "stride_w")]
    kinds = {(3, 3, 1, 1, 1): "EP_SLIDES_BY_1", (3, 3, 1, 1, 2): "EP_SLIDES_BY_2"}
    return {kinds.get(tuple(facts), "EP_OTHER_WINDOWS"): 1}


def _taps(op: Op) -> Ints:
    """Weights as ``[taps, channels]``."""
    weights = op.constant(1)
    assert weights is not None, "problems() asked for it"
    return np.reshape(weights, (-1, weights.shape[3]))


def _rule(op: Op) -> Rule:
    return Rule.FLOAT32 if op.arithmetic == "xnnpack" else Rule.TWICE


class _DepthwiseConv2d16(Linear16):
    def rows(self, op: Op) -> Ints:
        return _taps(op).T

    def layer(self, op: Op) -> Layer:
        taps, scaling = _taps(op), self.scaling(op)
        bias, where = self.bias(op)
        _, height, width, channels = op.input(1).dims
        in_c = op.input(0).dims[3]
        # Vector kernels read whole blocks of channels.
        past = -channels % BLOCK if channels == in_c else 0
        wide = np.pad(taps, ((0, 0), (0, -channels % BLOCK)))
        return Layer(
            invocations=(
                Invocation(
                    kernel="depthwise_conv_2d_int16",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output(), SCRATCH),
                    fields={
                        "window": along_row(window_of(op, height, width)),
                        "weights": op.symbol("weights"),
                        **where,
                        "scaling": scaling.fields,
                        "multiplier": channels // in_c,
                        "channels": wide.shape[1],
                    },
                ),
            ),
            constants=(
                *scaling.constants,
                bias,
                Constant(name="weights", ctype="int8_t", values=wide.reshape(-1)),
            ),
            scratch=WORD * (in_c + past),
            reads_past=WORD * past,
            defines={
                **scaling.defines,
                "EP_INT16_LONG": int(self.is_long(op)),
                "EP_INT16_TAPS": height * width,
                "EP_INT16_MULTIPLIES": int(channels != in_c),
            },
        )


KERNEL = ByType(_DepthwiseConv2d(), _DepthwiseConv2d16(rule_of))
