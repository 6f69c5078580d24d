"""ADD against LiteRT."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ops.judging import binary, judge

from packager.ir import Activation, DType

ALL_PAIRS = [
    np.repeat(np.arange(-128, 128, dtype=np.int8), 256).reshape(1, 256, 256),
    np.tile(np.arange(-128, 128, dtype=np.int8), 256).reshape(1, 256, 256),
]
SHAPES = [
    ((1, 4, 5, 6), (1, 4, 5, 6)),
    ((1, 4, 5, 6), (1, 1, 1, 6)),
    ((1, 4, 5, 6), (1, 4, 1, 1)),
    ((1, 4, 5, 6), (6,)),
    ((1, 4, 1, 6), (1, 1, 5, 6)),
    ((1, 9), (1, 1)),
]


@pytest.mark.parametrize("op", ["ADD", "SUB"])
@pytest.mark.parametrize(
    ("scales", "zeros"),
    [
        ((0.05, 0.03, 0.07), (3, -7, 11)),
        ((0.05, 0.05, 0.05), (0, 0, 0)),
        ((0.05, 0.001, 0.05), (-128, 127, -128)),
        ((0.004, 0.003, 0.0071), (127, -128, 127)),
        ((1.5, 2.0, 0.3), (0, 5, 0)),
    ],
)
def test_every_pair_of_int8(op: str, scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> None:
    shape = (1, 256, 256)
    model = binary(op, (shape, shape), scales=scales, zeros=zeros, options=f"{op.title()}Options")
    judge(model, [a[None] if a.shape[0] != 1 else a for a in ALL_PAIRS])


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("constant", [None, 1])
def test_broadcasting(shapes: tuple[tuple[int, ...], tuple[int, ...]], constant: int | None) -> None:
    judge(binary("ADD", shapes, constant=constant, options="AddOptions"))
    judge(binary("ADD", shapes, dtype=DType.FLOAT32, constant=constant, options="AddOptions"))


@pytest.mark.parametrize("activation", [Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1])
def test_fused_activation(activation: Activation) -> None:
    shapes = ((1, 300), (1, 300))
    judge(binary("ADD", shapes, options="AddOptions", fused_activation_function=activation))
    judge(binary("ADD", shapes, dtype=DType.FLOAT32, options="AddOptions", fused_activation_function=activation))


@pytest.mark.parametrize("op", ["ADD", "SUB"])
@pytest.mark.parametrize("scales", [(0.0003, 0.0002, 0.0005), (0.01, 0.0001, 0.01)])
def test_int16(op: str, scales: tuple[float, float, float]) -> None:
    shapes = ((1, 3000), (1, 3000))
    options = f"{op.title()}Options"
    judge(binary(op, shapes, dtype=DType.INT16, scales=scales, zeros=(0, 0, 0), options=options, pot_scale_int16=False))


@settings(max_examples=40, deadline=None)
@given(
    scales=st.tuples(st.floats(0.002, 1), st.floats(0.002, 1), st.floats(0.002, 1)),
    zeros=st.tuples(*[st.integers(-128, 127)] * 3),
)
def test_any_scales(scales: tuple[float, float, float], zeros: tuple[int, int, int]) -> None:
    assume(max(scales[:2]) < 250 * scales[2])  # beyond, LiteRT's optimized kernel wraps in 16 bits
    judge(binary("ADD", ((1, 500), (1, 500)), scales=scales, zeros=zeros, options="AddOptions"), count=4)
