"""SOFTMAX against LiteRT."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.judging import judge, plain, unary

from packager.ir import DType

OUT = (1 / 256, -128)


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 12, 257, 1000])
@pytest.mark.parametrize("scale", [0.0001, 0.01, 0.1, 0.5, 3.0])
def test_int8(classes: int, scale: float) -> None:
    model = unary("SOFTMAX", (1, classes), x=(scale, 7), y=OUT, options="SoftmaxOptions", beta=1.0)
    rng = np.random.default_rng(0)
    x = rng.integers(-128, 128, (60, classes)).astype(np.int8)
    x[30:] //= 16
    # The reference kernel aborts the process where the exponentials add up to 512 or more.
    judge(model, [x], arithmetics=("integer", "xnnpack") if classes < 512 else ("xnnpack",))


@pytest.mark.parametrize("beta", [0.25, 1.0, 2.5])
def test_beta(beta: float) -> None:
    judge(unary("SOFTMAX", (1, 6, 9), x=(0.1, 0), y=OUT, options="SoftmaxOptions", beta=beta))
    judge(plain("SOFTMAX", (1, 6, 9), options="SoftmaxOptions", beta=beta))


@settings(max_examples=40, deadline=None)
@given(scale=st.floats(0.0005, 8), classes=st.integers(1, 40), seed=st.integers(0, 1 << 30))
def test_any_scale(scale: float, classes: int, seed: int) -> None:
    x = np.random.default_rng(seed).integers(-128, 128, (20, classes)).astype(np.int8)
    judge(unary("SOFTMAX", (1, classes), x=(scale, 0), y=OUT, options="SoftmaxOptions", beta=1.0), [x])


@pytest.mark.parametrize("scale", [0.0001, 0.0005, 0.002])
def test_int16(scale: float) -> None:
    model = unary(
        "SOFTMAX", (1, 20), dtype=DType.INT16, x=(scale, 0), y=(1 / 32768, 0), options="SoftmaxOptions", beta=1.0
    )
    judge(model, count=40)
