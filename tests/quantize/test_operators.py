"""Operator by operator: LiteRT's quantizer makes of our ranges what it makes of its own calibration."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from quantize.feeding import feed_and_quantize
from quantize.tiny import INT8, samples_for

from packager.config.recipe import Calibration
from packager.ir import DType, GraphBuilder, Model, Tensor, difference, read_tflite_bytes, write_tflite
from packager.passes.operator_versions import OperatorVersions
from packager.quantize.apply_litert import apply_litert
from packager.quantize.calibrate import calibrate
from packager.quantize.plan import make_plan, with_ranges
from packager.rewrite import apply_passes
from packager.util.child import call

pytestmark = pytest.mark.slow
SHAPE = (1, 4, 4, 4)
PER_CHANNEL = np.array([0.5, -1.25, 2.0, 0.1], np.float32)
AXES = np.array([1, 2], np.int32)
PADS = np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32)
HALF = {"stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2}
Case = tuple[str, str, tuple[int, ...], list[Any], dict[str, Any]]
X, TANH = "x", "tanh"
"""Stand for the input, and for its hyperbolic tangent, among an operator's inputs."""

CASES: list[Case] = [
    ("ADD", "AddOptions", SHAPE, [X, PER_CHANNEL], {}),
    ("SUB", "SubOptions", SHAPE, [X, PER_CHANNEL], {}),
    ("MUL", "MulOptions", SHAPE, [X, np.float32(2.5)], {}),
    ("MAXIMUM", "MaximumMinimumOptions", SHAPE, [X, np.float32(0.1)], {}),
    ("MINIMUM", "MaximumMinimumOptions", SHAPE, [X, TANH], {}),
    ("SQUARED_DIFFERENCE", "SquaredDifferenceOptions", SHAPE, [X, TANH], {}),
    ("BATCH_MATMUL", "BatchMatMulOptions", SHAPE, [X, TANH], {}),
    ("CONCATENATION", "ConcatenationOptions", (1, 4, 4, 8), [X, TANH], {"axis": 3}),
    ("PACK", "PackOptions", (2, *SHAPE), [X, TANH], {"values_count": 2}),
    ("PAD", "PadOptions", (1, 6, 6, 4), [X, PADS], {}),
    ("PADV2", "PadV2Options", (1, 6, 6, 4), [X, PADS, np.array([-1], np.float32)], {}),
    ("MIRROR_PAD", "MirrorPadOptions", (1, 6, 6, 4), [X, PADS], {}),
    ("MEAN", "ReducerOptions", (1, 4), [X, AXES], {}),
    ("SUM", "ReducerOptions", (1, 4), [X, AXES], {}),
    ("REDUCE_MAX", "ReducerOptions", (1, 4), [X, AXES], {}),
    ("MAX_POOL_2D", "Pool2DOptions", (1, 2, 2, 4), [X], HALF),
    ("AVERAGE_POOL_2D", "Pool2DOptions", (1, 2, 2, 4), [X], HALF),
    ("PRELU", "", SHAPE, [X, np.full((1, 1, 4), 0.2, np.float32)], {}),
    ("LEAKY_RELU", "LeakyReluOptions", SHAPE, [X], {"alpha": 0.1}),
    ("RELU", "", SHAPE, [X], {}),
    ("RELU6", "", SHAPE, [X], {}),
    ("HARD_SWISH", "HardSwishOptions", SHAPE, [X], {}),
    ("GELU", "GeluOptions", SHAPE, [X], {}),
    ("LOGISTIC", "", SHAPE, [X], {}),
    ("TANH", "", SHAPE, [X], {}),
    ("EXP", "ExpOptions", SHAPE, [X], {}),
    ("ABS", "AbsOptions", SHAPE, [X], {}),
    ("SOFTMAX", "SoftmaxOptions", SHAPE, [X], {"beta": 1.0}),
    ("LOG_SOFTMAX", "LogSoftmaxOptions", SHAPE, [X], {}),
    ("L2_NORMALIZATION", "L2NormOptions", SHAPE, [X], {}),
    ("ARG_MAX", "ArgMaxOptions", (1, 4, 4), [X, np.int32(3)], {"output_type": 2, "dtype": DType.INT32}),
    ("TRANSPOSE", "TransposeOptions", SHAPE, [X, np.array([0, 3, 1, 2], np.int32)], {}),
    ("RESHAPE", "ReshapeOptions", (1, 64), [X, np.array([1, 64], np.int32)], {}),
    ("SQUEEZE", "SqueezeOptions", (4, 4, 4), [X], {"squeeze_dims": [0]}),
    ("SLICE", "SliceOptions", (1, 4, 4, 2), [X, np.zeros(4, np.int32), np.array([1, 4, 4, 2], np.int32)], {}),
    ("RESIZE_BILINEAR", "ResizeBilinearOptions", (1, 8, 8, 4), [X, np.array([8, 8], np.int32)], {}),
    ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions", (1, 8, 8, 4), [X, np.array([8, 8], np.int32)], {}),
    ("DEPTH_TO_SPACE", "DepthToSpaceOptions", (1, 8, 8, 1), [X], {"block_size": 2}),
    ("SPACE_TO_DEPTH", "SpaceToDepthOptions", (1, 2, 2, 16), [X], {"block_size": 2}),
    ("TILE", "TileOptions", (1, 8, 4, 4), [X, np.array([1, 2, 1, 1], np.int32)], {}),
    ("REVERSE_V2", "ReverseV2Options", SHAPE, [X, np.array([1], np.int32)], {}),
    ("GATHER_ND", "GatherNdOptions", (2, 4, 4), [X, np.array([[0, 1], [0, 3]], np.int32)], {}),
    ("GATHER", "GatherOptions", (1, 4, 4, 2), [X, np.array([0, 1], np.int32)], {"axis": 3}),
]


def one_operator(op: str, options: str, shape: tuple[int, ...], inputs: list[Any], attrs: dict[str, Any]) -> Model:
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    place: Callable[[Any], int] = b.const
    known = {X: x, TANH: b.op("TANH", [x], SHAPE) if any(isinstance(i, str) and i == TANH for i in inputs) else x}
    indices = [known[i] if isinstance(i, str) else place(i) for i in inputs]
    return b.model([b.op(op, indices, shape, options=options, name="result", **attrs)])


def bare(model: Model) -> Model:
    def strip(_: int, tensor: Tensor) -> Tensor:
        quant = tensor.type.quant and dataclasses.replace(tensor.type.quant, minimum=None, maximum=None)
        return dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, quant=quant))

    return apply_passes(model.with_main(model.main.with_tensors(strip)), [OperatorVersions()])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
def test_ours_is_its_own(case: Case) -> None:
    model = one_operator(*case)
    samples = samples_for(model, 8)
    plan = with_ranges(make_plan(model, INT8), model, calibrate(model, samples, Calibration()))
    ours = apply_litert(model, INT8, plan)
    types = ("int8", "int8", "int8", "int32")
    per_tensor_dense = False
    own = call(feed_and_quantize, write_tflite(model), list(samples.arrays.values()), types, per_tensor_dense)
    assert difference(ours, bare(read_tflite_bytes(own))) is None
