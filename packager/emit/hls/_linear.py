"""What convolutions and fully connected layers share: weights, accumulators, a matrix unit and its scaling."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from packager.emit.hls._contract import (
    Array,
    Ints,
    Op,
    Problem,
    Stage,
    activation_problem,
    quantization_problem,
)
from packager.emit.hls._requantize import Scaling, requantize_stage, scaling_of
from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._requantize import product_scale
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import accumulators, memory, multipliers


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """Weights as rows of a matrix, ``[outputs, inputs]``, and how their sums are scaled."""

    rows: Ints
    scaling: Scaling


def linear_of(op: Op, rows: Ints, *, once: bool) -> Linear:
    """Read weights (already laid out as rows), bias and scales."""
    bias = op.constant(2)
    offsets = np.zeros(len(rows), np.int64) if bias is None else bias.astype(np.int64).reshape(-1)
    scale = np.broadcast_to(product_scale(op.input(0), op.input(1), op.output), offsets.shape)
    if not once:
        # A channel whose multiplier is flushed to 0 gives the zero point whatever it sums; its sums need no bits.
        dead = fixed.quantize_multiplier(scale)[0] == 0
        if dead.any():
            rows, offsets = np.where(dead[:, None], np.int8(0), rows), np.where(dead, 0, offsets)
    return Linear(rows=rows, scaling=scaling_of(rows, offsets, scale, op.input(0).zero_point, once=once))


def operand_problems(op: Op) -> Iterator[Problem]:
    """Activations int8, weights a constant int8 with zero point 0."""
    yield from quantization_problem(op)
    yield from activation_problem(op)
    weights = op.input(1)
    if op.constant(1) is None:
        yield Problem("its weights are computed, not constant", "freeze the model so that weights are constants")
    elif weights.dtype is not DType.INT8 or weights.quant is None or not weights.is_quantized:
        yield Problem(f"its weights are {weights.dtype}", "quantize weights to int8")
    elif any(weights.quant.zero_point):
        yield Problem("its weights have a zero point", "quantize weights symmetrically")
    if len(op.node.inputs) > 2 and op.node.inputs[2] >= 0 and op.constant(2) is None:
        yield Problem("its bias is computed, not constant", "freeze the model so that the bias is a constant")


def matrix_stages(op: Op, linear: Linear, fold: Fold, pixels: int) -> tuple[Stage, ...]:
    """A matrix unit over `pixels` vectors, and its scaling."""
    outputs, inputs = linear.rows.shape
    steps, groups = inputs // fold.simd, outputs // fold.pe
    bits = linear.scaling.sum_bits
    held = memory(8 * fold.simd, steps) if groups > 1 else memory(0, 0)

    def arrays() -> tuple[Array, ...]:
        tiles = linear.rows.reshape(groups, fold.pe, steps, fold.simd).transpose(0, 2, 1, 3)
        values = tiles.reshape(groups * steps, fold.pe, fold.simd)
        return (Array(name="weight", ctype="int8_t", values=values, reshape=(2, 3)),)

    unit = Stage(
        name="matrix",
        call=f"matrix<{pixels}, {inputs}, {outputs}, {fold.simd}, {fold.pe}, {bits}, {_dsp(fold)}>",
        lanes_in=fold.simd,
        lanes_out=fold.pe,
        bits_out=bits,
        values=pixels * outputs,
        cycles=pixels * groups * steps,
        cost=multipliers(fold.pe * fold.simd, fabric=fold.fabric)
        + accumulators(fold.pe, fold.simd, bits)
        + memory(8 * fold.pe * fold.simd, groups * steps)
        + held,
        arrays=arrays,
        tokens_in=steps,
        ahead=steps if groups > 1 else 0,
    )
    return unit, requantize_stage(op, linear.scaling, pixels=pixels, pe=fold.pe, steps=steps)


def depthwise_stages(op: Op, linear: Linear, fold: Fold, pixels: int) -> tuple[Stage, ...]:
    """One kernel a channel: `linear.rows` ``[channels, taps]``."""
    channels, taps = linear.rows.shape
    groups, bits = channels // fold.pe, linear.scaling.sum_bits

    def arrays() -> tuple[Array, ...]:
        values = linear.rows.reshape(groups, fold.pe, taps).transpose(0, 2, 1).reshape(groups * taps, fold.pe)
        return (Array(name="weight", ctype="int8_t", values=values, reshape=(2,)),)

    unit = Stage(
        name="depthwise",
        call=f"depthwise<{pixels}, {channels}, {taps}, {fold.pe}, {bits}, {_dsp(fold)}>",
        lanes_in=fold.pe,
        lanes_out=fold.pe,
        bits_out=bits,
        values=pixels * channels,
        cycles=pixels * groups * taps,
        cost=multipliers(fold.pe, fabric=fold.fabric)
        + accumulators(fold.pe, 1, bits)
        + memory(8 * fold.pe, groups * taps),
        arrays=arrays,
        tokens_in=taps,
    )
    return unit, requantize_stage(op, linear.scaling, pixels=pixels, pe=fold.pe, steps=taps)


def _dsp(fold: Fold) -> str:
    return "false" if fold.fabric else "true"
