"""TRANSPOSE_CONV: each output pixel gathers the taps that reach it, and is a matrix product then."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import SCRATCH, Constant, Fields, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._linear import (
    bias_constant,
    folded_bias,
    matrix_constants,
    matrix_defines,
    matrix_fields,
    operand_problems,
    quads_of,
    reach_of,
)
from packager.emit.c._scaling import Scaling, scaling_of, scaling_problems
from packager.ops._requantize import Rule
from packager.ops._windows import axis_of
from packager.ops.transpose_conv import is_declined

_X, _BIAS = 2, 3


class _TransposeConv:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(operand_problems(op, _X))
        yield from found
        if not found:
            rows = _rows(op).reshape(op.output.dims[3], -1)
            reach = reach_of(rows, folded_bias(op, rows, op.input(_X), _BIAS))
            yield from scaling_problems(op, op.input(_X), op.input(1), _rule(op), reach)

    def layer(self, op: Op) -> Layer:
        rows, x, attrs = _rows(op), op.input(_X), op.attrs
        flat = rows.reshape(len(rows), -1)
        bias = folded_bias(op, flat, x, _BIAS)
        scaling = scaling_of(op, x, op.input(1), _rule(op), reach_of(flat, bias))
        _, height, width, _ = op.input(1).dims
        _, out_h, out_w, out_c = op.output.dims
        window = {
            "batches": x.dims[0],
            "input_h": x.dims[1],
            "input_w": x.dims[2],
            "input_c": x.dims[3],
            "kernel_h": height,
            "kernel_w": width,
            "stride_h": attrs["stride_h"],
            "stride_w": attrs["stride_w"],
            "pad_h": axis_of(out_h, height, attrs["stride_h"], 1, attrs["padding"]).before,
            "pad_w": axis_of(out_w, width, attrs["stride_w"], 1, attrs["padding"]).before,
            "output_h": out_h,
            "output_w": out_w,
            "output_c": out_c,
        }
        if is_declined(op.evaluation):
            return _apart(op, window, flat, bias, scaling)
        return Layer(
            invocations=(
                Invocation(
                    kernel="transpose_conv",
                    arguments=(op.at_input(_X), op.at_output(), SCRATCH),
                    fields={
                        "window": window,
                        "matrix": matrix_fields(op, rows, scaling),
                        "zero_point": x.zero_point,
                    },
                ),
            ),
            constants=(*scaling.constants, *matrix_constants(rows, bias)),
            scratch=4 * quads_of(rows) * rows.shape[1],
            spared=scaling.spared,
            defines={**scaling.defines, **matrix_defines(rows, {1})},
        )


def _apart(op: Op, window: Fields, flat: Ints, bias: Ints, scaling: Scaling) -> Layer:
    """The layer of what XNNPACK declines; seldom, and so in plain C."""
    fields = {
        "window": window,
        "weights": op.symbol("weights"),
        "bias": op.symbol("bias"),
        "scaling": scaling.fields,
        "zero_point": op.input(_X).zero_point,
    }
    return Layer(
        invocations=(
            Invocation(
                kernel="transpose_conv_apart",
                arguments=(op.at_input(_X), op.at_output(), SCRATCH),
                fields=fields,
            ),
        ),
        constants=(
            *scaling.constants,
            Constant(name="weights", ctype="int8_t", values=flat.reshape(-1)),
            bias_constant(bias),
        ),
        scratch=flat.shape[1],
        spared=scaling.spared,
        defines=scaling.defines,
    )


def _rows(op: Op) -> Ints:
    """``[outputs, 1, taps * inputs]``: a gathered pixel is one run."""
    weights = op.constant(1)
    assert weights is not None, "problems() asked for it"
    return np.reshape(weights, (len(weights), 1, -1))


def _rule(op: Op) -> Rule:
    return Rule.FLOAT32 if op.arithmetic == "xnnpack" and not is_declined(op.evaluation) else Rule.TWICE


KERNEL = _TransposeConv()
