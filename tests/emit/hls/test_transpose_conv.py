"""Transpose convolutions by phases: every stride and kernel, against LiteRT, and the cycles that phases save."""

import functools
import itertools
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from emit.hls.making import PART, UNOPTIMIZED, Built, Net, build_layers, exact_width, q

from packager.emit.hls import design_for
from packager.ir import Padding
from packager.measure.hls import timing
from packager.measure.hls_check import check_subset, missing_tools
from packager.plan.folding import Fold

Pair = tuple[int, int]
SAME, VALID = Padding.SAME, Padding.VALID

needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def transposed(
    net: Net,
    *,
    kernel: Pair,
    stride: Pair,
    padding: Padding,
    fold: Pair = (2, 3),
    shape: tuple[int, int, int] = (4, 3, 4),
    channels: int = 6,
    less: int = 0,
    bias: bool = True,
) -> int:
    """`less` rows and columns fewer than the padding makes."""
    spatial = [
        (n * s if padding is SAME else (n - 1) * s + k) - less
        for n, s, k in zip(shape[:2], stride, kernel, strict=True)
    ]
    out = (1, *spatial, channels)
    weights, quant = net.weights((channels, *kernel, shape[2]), 0)
    size, x = net.builder.const(np.asarray(out, np.int32)), net.input(shape, q(0.05, 3))
    inputs = [size, weights, x, *([net.bias(x, quant, channels)] if bias else [])]
    options = {"stride_h": stride[0], "stride_w": stride[1], "padding": padding, "version": 3 if bias else 1}
    y = net.op("TRANSPOSE_CONV", inputs, out, q(0.3, -11), options="TransposeConvOptions", **options)
    net.fold(*fold)
    return y


TABLE: Mapping[str, Callable[[Net], int]] = {
    **{
        f"{padding.name.lower()} {kernel} by {stride}": functools.partial(
            transposed, kernel=(kernel, 1 + kernel % 4), stride=(stride, 1 + kernel % 3), padding=padding
        )
        for padding, stride, kernel in itertools.product((SAME, VALID), (1, 2, 3), (1, 2, 3, 4))
    },
    "odd": functools.partial(transposed, kernel=(3, 3), stride=(2, 2), padding=SAME, less=1, fold=(4, 6)),
    "two phases at once": functools.partial(transposed, kernel=(4, 4), stride=(2, 2), padding=SAME, fold=(4, 12)),
    "all phases at once": functools.partial(transposed, kernel=(3, 3), stride=(2, 2), padding=VALID, fold=(1, 24)),
    "into one channel": functools.partial(
        transposed, kernel=(5, 5), stride=(3, 2), padding=SAME, fold=(4, 1), channels=1
    ),
    "without bias": functools.partial(transposed, kernel=(2, 2), stride=(3, 3), padding=SAME, fold=(1, 1), bias=False),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_layers(TABLE, 4, 5, tmp_path_factory.mktemp("transposed"))


@needs_gxx
@pytest.mark.parametrize("name", TABLE)
def test_the_simulation_computes_the_integers_of_litert(name: str, built: Built) -> None:
    wanted, found = built.pairs[name]
    assert np.unique(wanted).size > 1
    np.testing.assert_array_equal(found, wanted)


@needs_gxx
def test_the_timed_simulation_keeps_the_pace(built: Built) -> None:
    assert built.interval <= timing(built.bundle, flags=UNOPTIMIZED).interval <= 1.01 * built.interval


@pytest.mark.skipif(bool(missing_tools()), reason="clang++ or LLVM's opt is not installed")
def test_every_process_takes_the_cycles_it_was_estimated_at(built: Built) -> None:
    assert 0.9 * built.interval < max(check_subset(built.bundle / "runtime/hls").cycles.values()) <= built.interval


@needs_gxx
@pytest.mark.slow
def test_exact_width_integers_compute_the_same(built: Built, tmp_path: Path) -> None:
    assert "0 values differ" in exact_width(built.bundle / "runtime/hls", tmp_path)


@pytest.mark.parametrize(
    ("kernel", "stride", "waits"),
    [((3, 3), (2, 2), 0), ((2, 2), (2, 2), 0), ((4, 4), (2, 2), 1), ((4, 4), (4, 4), 0), ((5, 3), (3, 1), 0)],
)
def test_only_taps_of_the_kernel_take_cycles(kernel: Pair, stride: Pair, waits: int) -> None:
    """For each input pixel the kernel once, in place of once for each of a stride squared of output pixels.

    Where the widest phase leaves a neighbour out in the middle of a window, a beat's cycle passes until it has gone by.
    """
    net = Net(seed=1)
    build = functools.partial(transposed, shape=(8, 8, 8), channels=4, fold=(8, 4), padding=SAME)
    model = net.model(build(net, kernel=kernel, stride=stride))
    design = design_for(model, PART, folds={0: Fold(simd=8, pe=4)})
    (unit,) = (p.stage for p in design.network.processes if p.stage.name == "matrix")
    assert unit.cycles == 64 * (kernel[0] * kernel[1] + waits)
    assert unit.cost.dsp == 32
