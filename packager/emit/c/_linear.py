"""What convolutions and fully connected layers share: checks, folded biases, packed weights."""

from collections.abc import Collection, Iterator

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Op, Problem, padded
from packager.emit.c._scaling import BLOCK, Scaling
from packager.ir import DType, TensorType
from packager.ops._requantize import activation_of, clampable

_QUAD = 4


def operand_problems(op: Op, x: int = 0) -> Iterator[Problem]:
    """Activations int8 at input `x`, weights a constant int8 with zero point 0 at input 1, the bias a constant."""
    weights = op.input(1)
    if op.graph.tensors[op.node.inputs[x]].is_constant:
        yield Problem("its input is a constant", "fold it")
    if op.input(x).dtype is not DType.INT8 or op.output.dtype is not DType.INT8:
        yield Problem(f"it computes {op.input(x).dtype} to {op.output.dtype}", "quantize the whole model to int8")
    elif op.constant(1) is None:
        yield Problem("its weights are computed, not constant", "freeze the model so that weights are constants")
    elif weights.dtype is not DType.INT8 or weights.quant is None or not weights.is_quantized:
        yield Problem(f"its weights are {weights.dtype}", "quantize weights to int8")
    elif any(weights.quant.zero_point):
        yield Problem("its weights have a zero point", "quantize weights symmetrically")
    elif not clampable(activation_of(op.attrs)):
        yield Problem("its fused activation is no clamp", "use RELU or RELU6")
    bias = x + 2 if x == 0 else x + 1
    if len(op.node.inputs) > bias and op.node.inputs[bias] >= 0 and op.constant(bias) is None:
        yield Problem("its bias is computed, not constant", "freeze the model so that the bias is a constant")


def folded_bias(op: Op, rows: Ints, x: TensorType, position: int = 2) -> Ints:
    """The bias less what the input's zero point adds to each sum; `rows` are the weights ``[outputs, n]``."""
    bias = op.constant(position)
    given = np.zeros(len(rows), np.int64) if bias is None else bias.astype(np.int64).reshape(-1)
    folded: Ints = given - x.zero_point * rows.astype(np.int64).sum(axis=1)
    return folded


def reach_of(rows: Ints, bias: Ints) -> Ints:
    """The largest magnitude that any partial sum of a channel can have, whatever the input and the order."""
    reach: Ints = np.abs(bias) + 128 * np.abs(rows.astype(np.int64)).sum(axis=1)
    return reach


def matrix_constants(rows: Ints, bias: Ints, suffix: str = "") -> tuple[Constant, ...]:
    """Weights and biases for `ep_matrix`; `rows` is ``[outputs, runs, run]``."""
    return (
        Constant(name=f"weights{suffix}", ctype="int8_t", values=packed(rows)),
        bias_constant(bias, suffix),
    )


def packed(rows: Ints) -> Ints:
    """``[outputs, runs, run]`` as ``[blocks, runs, quads, 16, 4]``, padded with zeros, flat."""
    outputs, runs, run = rows.shape
    wide = np.pad(rows, ((0, -outputs % BLOCK), (0, 0), (0, -run % _QUAD)))
    blocks, quads = wide.shape[0] // BLOCK, wide.shape[2] // _QUAD
    return wide.reshape(blocks, BLOCK, runs, quads, _QUAD).transpose(0, 2, 3, 1, 4).reshape(-1)


def bias_constant(bias: Ints, suffix: str = "") -> Constant:
    return Constant(name=f"bias{suffix}", ctype="int32_t", values=padded(bias, BLOCK))


def matrix_fields(op: Op, rows: Ints, scaling: Scaling, suffix: str = "", first: int = 0) -> Fields:
    """The fields of `ep_matrix`; `first` is where its channels begin in the scaling's arrays."""
    fields = dict(scaling.fields)
    for constant in scaling.constants:
        fields[constant.name] = f"{op.symbol(constant.name)} + {first}" if first else op.symbol(constant.name)
    return {
        "weights": op.symbol(f"weights{suffix}"),
        "bias": op.symbol(f"bias{suffix}"),
        "scaling": fields,
        "outputs": rows.shape[0],
        "rows": rows.shape[1],
        "quads": quads_of(rows),
    }


def matrix_defines(rows: Ints, side_by_side: Collection[int], apart: Collection[int] = ()) -> dict[str, int]:
    """Macros for the kernels of `ep_matrix`: the longest vector of the model, and what its kernels need not have.

    Args:
        rows: ``[outputs, runs, run]``.
        side_by_side: How many vectors are multiplied at once whose runs lie side by side: they are one run.
        apart: How many where the runs may lie apart.
    """
    outputs, runs, _ = rows.shape
    whole = runs * quads_of(rows)
    counts = {*side_by_side, *apart}
    together = max(counts, default=0) > 1

    def most(bit: int) -> int:
        """The most vectors that come at once of a length that leaves so many quads."""
        long = counts if whole & bit else ()
        return max((*long, *(apart if quads_of(rows) & bit else ())), default=0)

    return {
        "EP_DEPTH": _QUAD * whole,
        "EP_TOGETHER": int(together),
        "EP_EDGES": int(together and outputs % BLOCK > 0),
        "EP_QUADS_2": most(2),
        "EP_QUADS_1": most(1),
        "EP_ROWS": int(runs > 1 and bool(apart)),
        "EP_TWOS": int(not counts.isdisjoint({2, 3})),
    }


def quads_of(rows: Ints) -> int:
    run: int = rows.shape[2]
    return -(-run // _QUAD)
