"""Operators on uint8, the quantization of older models, against LiteRT."""

from typing import Any

import numpy as np
import pytest
from ops.judging import binary, judge, quant, unary

from packager.ir import DType, GraphBuilder, Model

POOL = {"filter_height": 2, "filter_width": 2, "stride_h": 2, "stride_w": 2, "options": "Pool2DOptions"}
WINDOW = {"stride_h": 1, "stride_w": 1}


def weighted(
    op: str, weights: tuple[int, ...], shape: tuple[int, ...], out: tuple[int, ...], options: str, **attrs: Any
) -> Model:
    """Weights of uint8 with a zero point, as quantization-aware training made them."""
    rng = np.random.default_rng(0)
    b = GraphBuilder()
    x = b.input("x", shape, DType.UINT8, quant(0.05, 120))
    w = b.const(rng.integers(0, 256, weights).astype(np.uint8), "w", quant(0.01, 131))
    bias = b.const(rng.integers(-900, 900, out[-1]).astype(np.int32), "b", quant(0.0005))
    y = b.op(op, [x, w, bias], out, options=options, dtype=DType.UINT8, quant=quant(0.06, 100), **attrs)
    return b.model([y])


def test_convolutions_and_dense() -> None:
    image = (1, 8, 8, 4)
    judge(weighted("CONV_2D", (6, 3, 3, 4), image, (1, 8, 8, 6), "Conv2DOptions", **WINDOW))
    judge(
        weighted(
            "DEPTHWISE_CONV_2D", (1, 3, 3, 4), image, image, "DepthwiseConv2DOptions", depth_multiplier=1, **WINDOW
        )
    )
    judge(weighted("FULLY_CONNECTED", (20, 30), (1, 30), (1, 20), "FullyConnectedOptions"), count=20)


@pytest.mark.parametrize(
    ("op", "y", "attrs"),
    [
        ("SOFTMAX", (1 / 256, 0), {"options": "SoftmaxOptions", "beta": 1.0}),
        ("LOGISTIC", (1 / 256, 0), {}),
        ("TANH", (1 / 128, 128), {}),
        ("RELU", (0.04, 128), {}),
        ("RELU6", (0.04, 128), {}),
        ("HARD_SWISH", (0.04, 128), {"options": "HardSwishOptions"}),
        ("LEAKY_RELU", (0.04, 128), {"options": "LeakyReluOptions", "alpha": 0.2}),
    ],
)
def test_functions_of_one_variable(op: str, y: tuple[float, int], attrs: dict[str, Any]) -> None:
    every = np.arange(256, dtype=np.uint8)[None]
    judge(unary(op, (1, 256), dtype=DType.UINT8, x=(0.05, 7), y=y, **attrs), [every])


@pytest.mark.parametrize("op", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
def test_pools(op: str) -> None:
    rest: dict[str, Any] = {"dtype": DType.UINT8, "x": (0.05, 7), "y": (0.05, 7), **POOL}
    judge(unary(op, (1, 8, 8, 3), (1, 4, 4, 3), **rest))


@pytest.mark.parametrize("op", ["MEAN", "SUM"])
def test_reductions(op: str) -> None:
    rest: dict[str, Any] = {"consts": [np.asarray([1, 2], np.int32)], "options": "ReducerOptions"}
    judge(unary(op, (1, 8, 8, 3), (1, 3), dtype=DType.UINT8, x=(0.05, 7), y=(0.1, 9), **rest))


@pytest.mark.parametrize("op", ["ADD", "SUB", "MUL"])
def test_two_inputs(op: str) -> None:
    shapes = ((1, 3000), (1, 3000))
    judge(binary(op, shapes, dtype=DType.UINT8, zeros=(3, 100, 200), options=f"{op.title()}Options"))
