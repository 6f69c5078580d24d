"""What convolutions and fully connected layers share: weights, accumulators, a matrix unit and its scaling."""

import functools
import math
from collections.abc import Iterator

import numpy as np

from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._problems import activation_problem, quantization_problem
from packager.emit.hls._requantize import (
    Rounding,
    Scaling,
    Sharing,
    requantize_stage,
    scaling_of,
    sharing_of,
    sharing_unevenly,
)
from packager.emit.hls._stage import Array, Ints, Stage
from packager.emit.hls._tile_arrays import arrays_of
from packager.emit.hls._tiles import Linear, Plan, plan_of, products, reading_cost
from packager.ir import DType
from packager.ops import FAST17
from packager.ops import _fixed_point as fixed
from packager.ops._requantize import product_scale
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, accumulators, converter, memory, multipliers


def linear_of(op: Op, rows: Ints, *, once: bool, data: int = 0, biases: int = 2, copies: int = 1) -> Linear:
    """Read weights (already laid out as rows), bias and scales; `data` and `biases` are the places of those inputs.

    `rows` may hold every output so many times, one after all the others.
    """
    bias = op.constant(biases)
    outputs = len(rows) // copies
    offsets = np.tile(np.zeros(outputs, np.int64) if bias is None else bias.astype(np.int64).reshape(-1), copies)
    scale = np.tile(np.broadcast_to(product_scale(op.input(data), op.input(1), op.output), outputs), copies)
    if not once or op.arithmetic == FAST17:
        # A channel whose multiplier is flushed to 0 gives the zero point whatever it sums; its sums need no bits.
        dead = fixed.quantize_multiplier(scale)[0] == 0
        if dead.any():
            rows, offsets = np.where(dead[:, None], np.int8(0), rows), np.where(dead, 0, offsets)
    rounding = Rounding.FAST if op.arithmetic == FAST17 else Rounding.ONCE if once else Rounding.TWICE
    scaling = scaling_of(rows, offsets, scale, op.input(data).zero_point, rounding)
    return Linear(rows=rows, scaling=scaling, zeros=int((rows == 0).sum()))


def operand_problems(op: Op, *, biases: int = 2) -> Iterator[Problem]:
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
    if len(op.node.inputs) > biases and op.node.inputs[biases] >= 0 and op.constant(biases) is None:
        yield Problem("its bias is computed, not constant", "freeze the model so that the bias is a constant")


def matrix_stages(op: Op, linear: Linear, fold: Fold, vectors: int, *, sets: int = 1) -> tuple[Stage, ...]:
    """A matrix unit over `vectors` vectors for each pixel's set of rows, and its scaling.

    `sets` matrices take turns, vector by vector: the groups of a grouped convolution.
    """
    outputs, inputs = linear.rows.shape[0] // sets, linear.rows.shape[1]
    steps, groups, bits = inputs // fold.simd, -(-outputs // fold.pe), linear.scaling.sum_bits
    plan = plan_of(linear, fold, sets)
    sharing, waiting = sharing_of(linear.scaling, fold.pe, steps), 0
    if plan.listed:  # a group of few tiles follows another at once, though all of them together take their time
        sharing, waiting = sharing_unevenly(linear.scaling, fold.pe, plan.by_group)
    held = memory(8 * fold.simd, steps) if groups > 1 or plan.listed else Cost()
    unit = Stage(
        name="matrix",
        call=_call(fold, plan, (vectors, inputs, groups * fold.pe), bits, sets),
        lanes_in=fold.simd,
        lanes_out=fold.pe,
        bits_out=bits,
        values=vectors * groups * fold.pe,
        cycles=vectors // sets * plan.rows,
        cost=multipliers(products(linear, fold), fabric=fold.fabric)
        + accumulators(fold.pe, fold.lanes, bits)
        + reading_cost(linear, fold, sets)
        + held,
        arrays=functools.partial(arrays_of, linear, fold, sets),
        tokens_in=steps,
        burst=waiting,
        ahead=steps if groups > 1 else 0,
        sum=f"{vectors // sets} vectors x {plan.rows} of {plan.whole} tiles"
        if plan.listed
        else f"{vectors} vectors x {inputs}/{fold.simd} x {outputs}/{fold.pe}",
        saved=_saved(linear, fold, plan),
    )
    return unit, *scaled_stages(op, linear.scaling, pixels=vectors // sets, pe=fold.pe, sharing=sharing)


def _call(fold: Fold, plan: Plan, sizes: tuple[int, int, int], bits: int, sets: int) -> str:
    """The template for a plan; `sizes` are vectors, inputs and outputs."""
    vectors, inputs, _ = sizes
    how, packing = (fold.simd, fold.pe, bits, _dsp(fold)), (fold.keep, fold.of)
    numbers: tuple[int | str, ...]
    if plan.listed:
        name, numbers = "matrix_listed", (vectors // sets, inputs, *how, plan.rows, *packing)
    elif fold.of > 1:
        name, numbers = "matrix_packed", (*sizes, *how, sets, *packing)
    else:
        name, numbers = "matrix", (*sizes, *how, sets)
    return f"{name}<{', '.join(map(str, numbers))}>"


def _saved(linear: Linear, fold: Fold, plan: Plan) -> str:
    """What zero weights save, for the report."""
    have, dense = products(linear, fold), fold.pe * fold.simd
    which = f", {fold.keep} for {fold.of} lanes" if fold.of > 1 else ""
    said = [f"{dense - have} of {dense} multipliers{which}"] if have < dense else []
    if plan.listed and plan.rows < plan.whole:
        said.append(f"{plan.whole - plan.rows} of {plan.whole} tiles")
    return f"zeros save {' and '.join(said)}" if said else ""


def scaled_stages(op: Op, scaling: Scaling, *, pixels: int, pe: int, sharing: Sharing) -> tuple[Stage, ...]:
    """Requantization, and what takes the rows out again that only fill the last group."""
    scale = requantize_stage(op, scaling, pixels=pixels, pe=pe, sharing=sharing)
    channels = len(scaling.bias)
    padded = -(-channels // pe) * pe
    if padded == channels:
        return (scale,)
    lanes = math.gcd(pe, channels)
    trim = Stage(
        name="trim",
        call=f"trim<{pixels}, {padded}, {channels}, {pe}, {lanes}>",
        lanes_in=pe,
        lanes_out=lanes,
        values=pixels * channels,
        cycles=pixels * padded // lanes,
        cost=converter(pe),
        tokens_in=1,
    )
    return scale, trim


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
        sum=f"{pixels} pixels x {channels}/{fold.pe} x {taps} taps",
    )
    sharing = sharing_of(linear.scaling, fold.pe, taps)
    return unit, requantize_stage(op, linear.scaling, pixels=pixels, pe=fold.pe, sharing=sharing)


def _dsp(fold: Fold) -> str:
    return "false" if fold.fabric else "true"
