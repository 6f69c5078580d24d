import re

import pytest
from passes.running import apart, every_step, unary

from packager.ir import DType, GraphBuilder, QuantParams
from packager.passes.lower_hard_swish import LowerHardSwish


@pytest.mark.parametrize(("scale", "zero_point"), [(0.02, -110), (0.05, -121), (0.08, -123)])
def test_it_differs_by_no_more_than_it_says(scale: float, zero_point: int) -> None:
    shape = (1, 16, 16, 4)
    model = unary("HARD_SWISH", shape, quant=QuantParams.per_tensor(scale, zero_point), options="HardSwishOptions")
    ops, steps = apart(model, LowerHardSwish(), every_step(shape))
    assert ops == ["DEPTHWISE_CONV_2D", "MUL"]
    (note,) = LowerHardSwish().apply(model).notes
    said = re.search(r"up to (\d+) of 256", note.message)
    assert said
    assert steps <= int(said[1]) <= 2


@pytest.mark.parametrize("scale", [1e-3, 1e-6, 2e-8, 1e-10, 1e-15])
def test_a_tiny_input_leaves_room_for_the_bias(scale: float) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 16, 16, 4), DType.INT8, QuantParams.per_tensor(scale, 4))
    quant = QuantParams.per_tensor(scale, 7)
    model = b.model([b.op("HARD_SWISH", [x], (1, 16, 16, 4), name="y", dtype=DType.INT8, quant=quant)])
    assert apart(model, LowerHardSwish(), every_step((1, 16, 16, 4)))[1] <= 1


def test_what_is_no_int8_image_stays() -> None:
    assert not LowerHardSwish().apply(unary("HARD_SWISH", (1, 4))).changed
    assert not LowerHardSwish().apply(unary("RELU", (1, 2, 2, 4))).changed
    b = GraphBuilder()
    x = b.input("x", (1, 2, 2, 4), DType.FLOAT32)
    assert not LowerHardSwish().apply(b.model([b.op("HARD_SWISH", [x], (1, 2, 2, 4))])).changed
