"""Operators that move elements, and those that choose them, against LiteRT."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from ops.judging import judge, plain, quant, unary

from packager.errors import UnsupportedError
from packager.interp import reference
from packager.ir import DType, GraphBuilder, MirrorMode, Model

Shape = tuple[int, ...]
SAME = (0.05, 3)


def int32(*values: int) -> np.ndarray[Any, Any]:
    return np.asarray(values, np.int32)


def moving(op: str, shape: Shape, out: Shape, *consts: Any, options: str = "", **attrs: Any) -> None:
    """Judge one operator on int8 and on float32, input and output alike."""
    judge(unary(op, shape, out, x=SAME, y=SAME, consts=consts, options=options, **attrs), count=3)
    judge(plain(op, shape, out, consts=consts, options=options, **attrs), count=3)


def test_reshape_squeeze_and_expand() -> None:
    moving("RESHAPE", (1, 4, 6), (1, 8, 3), int32(1, 8, 3), options="ReshapeOptions", new_shape=(1, 8, 3))
    moving("RESHAPE", (1, 4, 6), (4, 6), int32(4, 6), options="ReshapeOptions", new_shape=(4, 6))
    moving("SQUEEZE", (1, 1, 6, 1), (1, 6), options="SqueezeOptions", squeeze_dims=(1, 3))
    moving("EXPAND_DIMS", (1, 6), (1, 1, 6), int32(1), options="ExpandDimsOptions")


@pytest.mark.parametrize("order", [(0, 2, 1, 3), (0, 3, 1, 2), (3, 2, 1, 0)])
def test_transpose(order: Shape) -> None:
    shape = (1, 3, 4, 5)
    moving("TRANSPOSE", shape, tuple(shape[i] for i in order), int32(*order), options="TransposeOptions")


def test_pads() -> None:
    edges = np.asarray([[0, 0], [1, 2], [0, 3], [0, 0]], np.int32)
    moving("PAD", (1, 3, 4, 2), (1, 6, 7, 2), edges, options="PadOptions")
    for mode, extra in ((MirrorMode.REFLECT, 0), (MirrorMode.SYMMETRIC, 1)):
        wide = np.asarray([[0, 0], [1 + extra, 2], [0, 2], [0, 0]], np.int32)
        out = (1, 6 + extra, 6, 2)
        moving("MIRROR_PAD", (1, 3, 4, 2), out, wide, options="MirrorPadOptions", mode=mode)


@pytest.mark.parametrize("value", [-128, 5])
def test_pad_with_a_value(value: int) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 3, 4, 2), DType.INT8, quant(*SAME))
    edges = b.const(np.asarray([[0, 0], [1, 2], [0, 3], [0, 0]], np.int32))
    fill = b.const(np.asarray(value, np.int8), "fill", quant(*SAME))
    out = b.op("PADV2", [x, edges, fill], (1, 6, 7, 2), options="PadV2Options", dtype=DType.INT8, quant=quant(*SAME))
    judge(b.model([out]))


def joined(op: str, shapes: Sequence[Shape], out: Shape, options: str, **attrs: Any) -> Model:
    b = GraphBuilder()
    parts = [b.input(f"x{i}", shape, DType.INT8, quant(*SAME)) for i, shape in enumerate(shapes)]
    return b.model([b.op(op, parts, out, options=options, dtype=DType.INT8, quant=quant(*SAME), **attrs)])


def test_concatenation_and_pack() -> None:
    shapes = [(1, 3, 4), (1, 3, 2), (1, 3, 1)]
    judge(joined("CONCATENATION", shapes, (1, 3, 7), "ConcatenationOptions", axis=2))
    judge(joined("CONCATENATION", shapes, (1, 3, 7), "ConcatenationOptions", axis=-1))
    judge(joined("PACK", [(1, 3), (1, 3)], (1, 2, 3), "PackOptions", axis=1, values_count=2))


def parted(op: str, inputs: list[Any], shapes: Sequence[Shape], options: str, **attrs: Any) -> Model:
    """`inputs` holds constants, and None where the activation goes."""
    b = GraphBuilder()
    x = b.input("x", (1, 6, 4), DType.INT8, quant(*SAME))
    operands = [x if value is None else b.const(value) for value in inputs]
    outs = [b.tensor(f"y{i}", shape, DType.INT8, quant(*SAME)) for i, shape in enumerate(shapes)]
    b.node(op, operands, outs, options=options, **attrs)
    return b.model(outs)


def test_split_and_unpack() -> None:
    halves = [(1, 3, 4), (1, 3, 4)]
    judge(parted("SPLIT", [int32(1).reshape(()), None], halves, "SplitOptions", num_splits=2))
    uneven = [(1, 1, 4), (1, 5, 4)]
    judge(parted("SPLIT_V", [None, int32(1, -1), int32(1).reshape(())], uneven, "SplitVOptions", num_splits=2))
    judge(parted("UNPACK", [None], [(1, 4)] * 6, "UnpackOptions", num=6, axis=1))


def test_slices() -> None:
    moving("SLICE", (1, 5, 6), (1, 3, 4), int32(0, 1, 2), int32(1, 3, -1), options="SliceOptions")
    consts = (int32(0, 1, 5), int32(1, 5, 0), int32(1, 2, -2))
    moving("STRIDED_SLICE", (1, 5, 6), (1, 2, 3), *consts, options="StridedSliceOptions")
    consts = (int32(0, 1, 0), int32(1, 5, 0), int32(1, 1, 1))
    moving("STRIDED_SLICE", (1, 5, 6), (1, 5, 6), *consts, options="StridedSliceOptions", begin_mask=2, end_mask=6)
    consts = (int32(0, -1, 0), int32(1, 0, 6), int32(1, 1, 1))
    moving("STRIDED_SLICE", (1, 5, 6), (1, 6), *consts, options="StridedSliceOptions", shrink_axis_mask=2)


def test_a_mask_on_the_beginning_holds_for_a_dropped_dimension_too() -> None:
    consts = (int32(0, 3, 0), int32(1, 4, 6), int32(1, 1, 1))
    moving("STRIDED_SLICE", (1, 5, 6), (1, 6), *consts, options="StridedSliceOptions", begin_mask=2, shrink_axis_mask=2)


@pytest.mark.parametrize("masks", [{}, {"begin_mask": 2}])
@pytest.mark.parametrize(("begin", "end", "stride", "count"), [(3, 2, 1, 2), (-5, 5, 2, 3), (7, -5, -2, 3)])
def test_ends_that_count_from_the_beginning(
    begin: int, end: int, stride: int, count: int, masks: dict[str, int]
) -> None:
    """A mask moves the beginning from which the end counts, and the end is where it was."""
    consts = (int32(0, begin, 0), int32(1, end, 2), int32(1, stride, 1))
    moving("STRIDED_SLICE", (1, 9, 2), (1, count, 2), *consts, options="StridedSliceOptions", offset=True, **masks)


@pytest.mark.parametrize(("begin", "stride"), [(5, 1), (-6, 1), (2, -1)])
def test_a_dropped_dimension_without_an_element_is_named(begin: int, stride: int) -> None:
    model = unary(
        *("STRIDED_SLICE", (1, 5, 2), (1, 2)),
        consts=(int32(0, begin, 0), int32(1, begin + 1, 2), int32(1, stride, 1)),
        options="StridedSliceOptions",
        shrink_axis_mask=2,
    )
    with pytest.raises(UnsupportedError, match="of dimension 1, which has 5"):
        reference.run(model, [np.zeros((1, 5, 2), np.int8)])


def test_gather() -> None:
    moving("GATHER", (1, 5, 6), (1, 3, 6), int32(4, 0, 4), options="GatherOptions", axis=1)
    picks = np.asarray([[[3, 1], [0, 5], [2, 2], [1, 0], [5, 5]]], np.int32)
    moving("GATHER", (1, 5, 6), (1, 5, 2), picks, options="GatherOptions", axis=2, batch_dims=2)


def test_depth_and_space() -> None:
    moving("SPACE_TO_DEPTH", (1, 4, 6, 3), (1, 2, 3, 12), options="SpaceToDepthOptions", block_size=2)
    moving("DEPTH_TO_SPACE", (1, 2, 3, 12), (1, 4, 6, 3), options="DepthToSpaceOptions", block_size=2)


def test_repeats() -> None:
    moving("TILE", (1, 2, 3), (1, 4, 9), int32(1, 2, 3), options="TileOptions")
    moving("BROADCAST_TO", (1, 2, 1), (1, 2, 5), int32(1, 2, 5), version=2)


@pytest.mark.parametrize("op", ["ARG_MAX", "ARG_MIN"])
@pytest.mark.parametrize("axis", [1, -1])
def test_arg_extreme(op: str, axis: int) -> None:
    out = tuple(size for i, size in enumerate((1, 5, 6)) if i != axis % 3)
    for dtype in (DType.INT8, DType.FLOAT32):
        b = GraphBuilder()
        x = b.input("x", (1, 5, 6), dtype, quant(*SAME) if dtype is DType.INT8 else None)
        kind = f"{op.title().replace('_', '')}Options"
        y = b.op(op, [x, b.const(int32(axis).reshape(()))], out, options=kind, dtype=DType.INT32, output_type=2)
        judge(b.model([y]))


def test_shape_and_cast() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 5, 6), DType.INT8, quant(*SAME))
    y = b.op("SHAPE", [x], (3,), options="ShapeOptions", dtype=DType.INT32, out_type=2)
    judge(b.model([y]))
    for source, target in ((DType.INT32, DType.FLOAT32), (DType.FLOAT32, DType.INT32), (DType.INT8, DType.INT32)):
        b = GraphBuilder()
        x = b.input("x", (1, 6), source)
        judge(b.model([b.op("CAST", [x], (1, 6), options="CastOptions", dtype=target)]))


def test_batch_and_space() -> None:
    edges = np.asarray([[1, 1], [0, 2]], np.int32)
    moving("SPACE_TO_BATCH_ND", (1, 4, 6, 3), (4, 3, 4, 3), int32(2, 2), edges)
    moving("BATCH_TO_SPACE_ND", (4, 3, 4, 3), (1, 5, 6, 3), int32(2, 2), np.asarray([[0, 1], [0, 2]], np.int32))
    moving("SPACE_TO_BATCH_ND", (1, 5, 3), (2, 3, 3), int32(2), np.asarray([[0, 1]], np.int32))
    moving("BATCH_TO_SPACE_ND", (2, 3, 3), (1, 5, 3), int32(2), np.asarray([[1, 0]], np.int32))


@pytest.mark.parametrize("axes", [(0,), (2,), (-1,), (1, 2)])
def test_backwards(axes: Shape) -> None:
    moving("REVERSE_V2", (2, 3, 4), (2, 3, 4), int32(*axes), options="ReverseV2Options")


def test_picked_by_several_indices() -> None:
    moving("GATHER_ND", (2, 3, 4), (3, 4), int32(0, 1, 1, 2, 1, 0).reshape(3, 2), options="GatherNdOptions")
    moving("GATHER_ND", (3, 4), (2, 1, 4), int32(2, 0).reshape(2, 1, 1), options="GatherNdOptions")


@pytest.mark.parametrize("dtype", [DType.INT8, DType.FLOAT32])
def test_chosen_by_a_condition_that_is_computed(dtype: DType) -> None:
    same = quant(*SAME) if dtype is DType.INT8 else None
    for op, options, shapes in (
        ("SELECT_V2", "SelectV2Options", ((2, 3, 1), (2, 3, 4), (1, 1, 4))),
        ("SELECT", "SelectOptions", ((5, 3), (5, 3), (5, 3))),
        ("SELECT", "SelectOptions", ((5,), (5, 3), (5, 3))),
    ):
        b = GraphBuilder()
        condition = b.input("c", shapes[0], DType.BOOL)
        operands = [b.input(f"x{i}", shape, dtype, same) for i, shape in enumerate(shapes[1:])]
        out = b.op(op, [condition, *operands], shapes[1], options=options, dtype=dtype, quant=same)
        judge(b.model([out]))


@pytest.mark.parametrize("start", [(1, 3, 0), (-1, 4, 7)])
def test_a_block_replaced_at_a_computed_place(start: Shape) -> None:
    """Moved inside where it would reach out."""
    b = GraphBuilder()
    x = b.input("x", (2, 5, 4), DType.INT8, quant(*SAME))
    y = b.input("y", (2, 2, 3), DType.INT8, quant(*SAME))
    place, options = b.input("place", (3,), DType.INT32), "DynamicUpdateSliceOptions"
    out = b.op("DYNAMIC_UPDATE_SLICE", [x, y, place], (2, 5, 4), options=options, dtype=DType.INT8, quant=quant(*SAME))
    rng = np.random.default_rng(0)
    blocks = [rng.integers(-128, 128, (3, *dims)).astype(np.int8) for dims in ((2, 5, 4), (2, 2, 3))]
    judge(b.model([out]), [*blocks, np.tile(int32(*start), (3, 1))])
