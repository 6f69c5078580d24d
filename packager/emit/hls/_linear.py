"""What convolutions and fully connected layers share: weights, accumulators, a matrix unit and its scaling."""

import dataclasses
import functools
import math
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
from packager.emit.hls._requantize import (
    Rounding,
    Scaling,
    Sharing,
    requantize_stage,
    scaling_of,
    sharing_of,
    sharing_unevenly,
)
from packager.ir import DType
from packager.ops import FAST17
from packager.ops import _fixed_point as fixed
from packager.ops._requantize import product_scale
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, accumulators, converter, memory, multipliers

_WORTH_PRUNING = 0.9
"""Of the tiles that may be left, at most."""
_PLACES = 1 << 15


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Linear:
    """Weights as rows of a matrix, ``[outputs, inputs]``, and how their sums are scaled."""

    rows: Ints
    scaling: Scaling
    zeros: int = 0
    """Weights that are 0."""


def linear_of(op: Op, rows: Ints, *, once: bool, data: int = 0, biases: int = 2) -> Linear:
    """Read weights (already laid out as rows), bias and scales; `data` and `biases` are the places of those inputs."""
    bias = op.constant(biases)
    offsets = np.zeros(len(rows), np.int64) if bias is None else bias.astype(np.int64).reshape(-1)
    scale = np.broadcast_to(product_scale(op.input(data), op.input(1), op.output), offsets.shape)
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
    tiles = Tiles(rows=linear.rows, simd=fold.simd, pe=fold.pe, zeros=linear.zeros if sets == 1 else 0)
    pruned = tiles.pruned
    cycles = vectors * (tiles.kept if pruned else groups * steps)
    depth = tiles.kept if pruned else sets * groups * steps
    sharing, waiting = sharing_of(linear.scaling, fold.pe, steps), 0
    if pruned:  # a group of few tiles follows another at once, though all of them together take their time
        assert tiles.used is not None
        sharing, waiting = sharing_unevenly(linear.scaling, fold.pe, tiles.used.sum(axis=1))
    held = memory(8 * fold.simd, steps) if groups > 1 else Cost()
    places = memory(16, depth) if pruned else Cost()
    shape = f"{vectors}, {inputs}, " + ("" if pruned else f"{groups * fold.pe}, ") + f"{fold.simd}, {fold.pe}"
    unit = Stage(
        name="matrix",
        call=f"matrix{'_pruned' if pruned else ''}<{shape}, {bits}, {_dsp(fold)}, {depth if pruned else sets}>",
        lanes_in=fold.simd,
        lanes_out=fold.pe,
        bits_out=bits,
        values=vectors * groups * fold.pe,
        cycles=cycles,
        cost=multipliers(tiles.products, fabric=fold.fabric)
        + accumulators(fold.pe, fold.simd, bits)
        + memory(8 * fold.pe * fold.simd, depth)
        + held
        + places,
        arrays=tiles.arrays,
        tokens_in=steps,
        burst=waiting,
        ahead=steps if groups > 1 else 0,
        sum=f"{vectors} vectors x {tiles.kept} of {groups * steps} tiles"
        if pruned
        else f"{vectors} vectors x {inputs}/{fold.simd} x {outputs}/{fold.pe}",
    )
    return unit, *scaled_stages(op, linear.scaling, pixels=vectors // sets, pe=fold.pe, sharing=sharing)


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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tiles:
    """A matrix ``[outputs, inputs]`` cut into tiles of `pe` x `simd`, one a cycle."""

    rows: Ints
    simd: int
    pe: int
    zeros: int
    """Of the matrix; 0 to leave its tiles as they are."""

    @property
    def cut(self) -> Ints:
        """``[groups, steps, pe, simd]``, the last group filled up with rows of 0."""
        outputs, inputs = self.rows.shape
        filled = np.pad(self.rows, ((0, -outputs % self.pe), (0, 0)))
        return filled.reshape(-1, self.pe, inputs // self.simd, self.simd).transpose(0, 2, 1, 3)

    @functools.cached_property
    def used(self) -> Ints | None:
        """``[groups, steps]``: the tiles that are read. The first group's are, for they take the vector in."""
        if self.zeros < self.simd * self.pe:
            return None
        used: Ints = np.any(self.cut, axis=(2, 3))
        used[0] = True
        used[:, 0] |= ~used.any(axis=1)
        return used

    @property
    def pruned(self) -> bool:
        """Whether leaving tiles of zeros out is worth the list of those that remain."""
        used = self.used
        if used is None or len(used) < 2 or used.shape[1] >= _PLACES:
            return False
        return int(used.sum()) <= _WORTH_PRUNING * used.size

    @property
    def kept(self) -> int:
        """Tiles that are left."""
        used = self.used
        return 0 if used is None else int(used.sum())

    @property
    def products(self) -> int:
        """Multipliers: a weight that never changes and is 0 takes none."""
        size = self.pe * self.simd
        return int(np.count_nonzero(self.rows)) if self.rows.shape == (self.pe, self.simd) else size

    def arrays(self) -> tuple[Array, ...]:
        cut = self.cut
        if not self.pruned:
            return (Array(name="weight", ctype="int8_t", values=cut.reshape(-1, self.pe, self.simd), reshape=(2, 3)),)
        assert self.used is not None
        group, step = np.nonzero(self.used)
        last = np.append(group[1:] != group[:-1], True)
        return (
            Array(name="weight", ctype="int8_t", values=cut[group, step], reshape=(2, 3)),
            Array(name="place", ctype="uint16_t", values=step + (last << 15)),
        )


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
