"""Random convolutions, dense layers and sums: LiteRT, the interpreter and the compiled C agree to the bit.

What tables of chosen cases leave out: shapes, strides, scales and zero points that nobody chose together.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from emit.c.making import STRICT, check, together
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import binary, judge

from packager.emit.c import unsupported
from packager.ir import Activation, DType, Model, Padding
from packager.ops import ARITHMETICS

T = TypeVar("T")
COUNT = 18
CHANNELS = (1, 2, 3, 5, 7, 8, 16, 17, 24, 33, 40, 65)
ENDS = (-128, 127, 0, -1, 5, -77)
CLAMPS = (Activation.NONE, Activation.NONE, Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1)


class Draw:
    """A chance that is the same in every run."""

    def __init__(self, *seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def one(self, *of: T) -> T:
        return of[int(self._rng.integers(len(of)))]

    def scale(self, least: float, most: float) -> float:
        """Each power of ten as often as any other; a power of two, of which ties come, one time in four."""
        real = float(10 ** self._rng.uniform(least, most))
        return float(2.0 ** np.rint(np.log2(real))) if self.one(*range(4)) == 0 else float(np.float32(real))


def case(draw: Draw, dtype: DType) -> Case:
    word = dtype is DType.INT16
    inputs = draw.scale(-5, -3) if word else draw.scale(-2, 0)
    weights = draw.scale(-3, -1)
    return Case(
        shape=(draw.one(1, 1, 2), draw.one(5, 6, 9), draw.one(5, 7, 12), draw.one(*CHANNELS)),
        kernel=draw.one((1, 1), (3, 3), (3, 3), (1, 5), (4, 2), (5, 5)),
        channels=draw.one(*CHANNELS),
        stride=draw.one((1, 1), (1, 1), (2, 2), (3, 1), (4, 4)),
        dilation=draw.one(*[(1, 1)] * 7, (1, 2)),
        padding=draw.one(Padding.SAME, Padding.SAME, Padding.SAME, Padding.VALID),
        activation=draw.one(*CLAMPS),
        per_channel=draw.one(*range(2)) == 0,
        zeros=(0, 0) if word else (draw.one(*ENDS), draw.one(*ENDS)),
        scales=(inputs, inputs * weights * draw.scale(1, 4)),
        weight_scale=weights,
        dtype=dtype,
        seed=draw.one(*range(99)),
    )


def layer(kind: str, draw: Draw, dtype: DType) -> Model:
    if kind == "sums":
        op, options = draw.one(("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions"))
        shapes = draw.one(((2, 3, 17), (17,)), ((1, 300), (1, 300)), ((4, 1, 5), (1, 3, 1)), ((1, 1), (6, 7)))
        a = draw.scale(-2, 0)
        scales = (a, a * draw.scale(-1, 1), a * draw.scale(-1, 1) * (a * 50 if op == "MUL" else 1))
        zeros = (draw.one(*ENDS), draw.one(*ENDS), draw.one(*ENDS))
        clamp = draw.one(*CLAMPS)
        return binary(op, shapes, scales=scales, zeros=zeros, options=options, fused_activation_function=clamp)
    make: Callable[[Case], Model] = {"conv": convolution, "depthwise": depthwise, "dense": dense}[kind]
    return make(case(draw, dtype))


@functools.cache
def models(kind: str, dtype: DType) -> dict[str, Model]:
    found = (layer(kind, Draw(len(kind), dtype.bits, i), dtype) for i in range(COUNT))
    return {f"{kind}-{i}": m for i, m in enumerate(found) if not any(unsupported(m, a) for a in ARITHMETICS)}


KINDS = [("conv", DType.INT8), ("depthwise", DType.INT8), ("dense", DType.INT8), ("sums", DType.INT8)]
KINDS += [("conv", DType.INT16), ("depthwise", DType.INT16), ("dense", DType.INT16)]


@pytest.mark.parametrize(("kind", "dtype"), KINDS)
def test_the_interpreter_gives_litert_its_integers(kind: str, dtype: DType) -> None:
    assert len(models(kind, dtype)) > COUNT / 2
    for model in models(kind, dtype).values():
        judge(model, count=4)


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE"])
def test_kernels_compute_the_interpreters_integers(vectors: str, arithmetic: str, tmp_path: Path) -> None:
    every = {f"{name}-{dtype}": m for kind, dtype in KINDS for name, m in models(kind, dtype).items()}
    check(together(every), arithmetic, tmp_path, flags=(*STRICT, "-O1", vectors))
