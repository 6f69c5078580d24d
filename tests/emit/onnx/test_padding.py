"""PAD operators that convolutions take over, and those that they can't."""

import numpy as np
import pytest
from emit.onnx.judging import conv, judge, operators

from packager.emit.onnx.padding import foldable_pads, same
from packager.ir import GraphBuilder, Model, Padding

WEIGHTS = np.random.default_rng(2).normal(size=(3, 3, 3, 2))


def padded(amounts: list[list[int]], padding: Padding = Padding.VALID, *, also_out: bool = False) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 5, 6, 2))
    dims = tuple(s + sum(a) for s, a in zip((1, 5, 6, 2), amounts, strict=True))
    p = b.op("PAD", [x, b.const(np.array(amounts, np.int32))], dims, options="PadOptions")
    weights = np.resize(WEIGHTS, (3, 3, 3, dims[3]))
    out = conv(b, p, weights, np.ones(3), padding=padding)
    return b.model([out, p] if also_out else [out])


def test_a_convolution_pads_itself() -> None:
    model = padded([[0, 0], [1, 2], [0, 3], [0, 0]])
    ((_, (_, pads)),) = foldable_pads(model.main).items()
    assert pads == (1, 0, 2, 3)
    assert "Pad" not in operators(judge(model))


@pytest.mark.parametrize(
    "model",
    [
        padded([[0, 0], [1, 1], [1, 1], [0, 1]]),
        padded([[0, 0], [1, 1], [1, 1], [0, 0]], Padding.SAME),
        padded([[0, 0], [1, 1], [1, 1], [0, 0]], also_out=True),
    ],
    ids=["channels", "same", "output"],
)
def test_other_padding_stays_an_operator(model: Model) -> None:
    assert not foldable_pads(model.main)
    assert operators(judge(model))["Pad"] == 1


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "expected"),
    [(6, 3, 1, (1, 1)), (6, 3, 2, (0, 1)), (5, 3, 2, (1, 1)), (49, 10, 2, (4, 5)), (4, 1, 2, (0, 0))],
)
def test_same_padding_puts_the_odd_zero_behind(size: int, kernel: int, stride: int, expected: tuple[int, int]) -> None:
    assert same(size, kernel, stride) == expected
