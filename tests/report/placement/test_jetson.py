from typing import Any

import numpy as np
import pytest

from packager.config.profile import load_profile
from packager.figure import Place
from packager.ir import GraphBuilder, Model
from packager.report.placement import place


def network() -> Model:
    """A convolution, a sinus and a softmax."""
    b = GraphBuilder()
    x = b.input("x", (1, 8, 8, 3))
    weights, bias = b.const(np.ones((4, 3, 3, 3), np.float32)), b.const(np.zeros(4, np.float32))
    conv: dict[str, Any] = {"padding": 1, "stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}
    y = b.op(
        "CONV_2D",
        [x, weights, bias],
        (1, 6, 6, 4),
        name="conv",
        options="Conv2DOptions",
        fused_activation_function=1,
        **conv,
    )
    s = b.op("SIN", [y], (1, 6, 6, 4), name="sin")
    return b.model([b.op("SOFTMAX", [s], (1, 6, 6, 4), options="SoftmaxOptions", beta=1.0, name="soft")])


def test_a_board_without_a_dla_runs_all_on_the_gpu() -> None:
    found = place(network(), load_profile("jetson-orin-nano"))
    assert (found.default, found.special, found.findings) == (Place.GPU, {}, ())


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("jetson-orin-nx", ("the DLA takes it in float16", "the DLA takes it in float16", "perhaps on the DLA")),
        ("jetson-agx-xavier", ("perhaps on the DLA", "not on the DLA: TensorRT 8.6.12", "perhaps on the DLA")),
    ],
)
def test_a_board_with_a_dla_says_what_could_go_there(target: str, words: tuple[str, ...]) -> None:
    found = place(network(), load_profile(target))
    assert {place for place, _ in found.special.values()} == {Place.GPU}
    for i, wanted in enumerate(words):
        assert found.special[i][1].startswith(wanted)
