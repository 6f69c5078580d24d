import re

import pytest
from passes.running import apart, every_step, unary

from packager.ir import QuantParams
from packager.passes.lower_leaky_relu import LowerLeakyRelu


@pytest.mark.parametrize("alpha", [0.01, 0.1, 0.3])
@pytest.mark.parametrize("shape", [(1, 256), (1, 8, 8, 4)])
def test_it_differs_by_no_more_than_it_says(alpha: float, shape: tuple[int, ...]) -> None:
    quant = QuantParams.per_tensor(0.04, -20)
    model = unary("LEAKY_RELU", shape, quant=quant, options="LeakyReluOptions", alpha=alpha)
    ops, steps = apart(model, LowerLeakyRelu(), every_step(shape))
    assert ops == ["PRELU"]
    (note,) = LowerLeakyRelu().apply(model).notes
    said = re.search(r"up to (\d+) of 256", note.message)
    assert said
    assert steps <= int(said[1]) <= 1


def test_a_slope_that_is_not_positive_stays() -> None:
    model = unary("LEAKY_RELU", (1, 4), options="LeakyReluOptions", alpha=-0.5)
    assert not LowerLeakyRelu().apply(model).changed
