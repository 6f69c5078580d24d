from typing import Any

import pytest
from passes.running import Q, apart, noise, unary

from packager.ir import Activation, DType, GraphBuilder, Padding
from packager.passes.split_activation import SplitActivation


@pytest.mark.parametrize("pool", ["AVERAGE_POOL_2D", "MAX_POOL_2D"])
@pytest.mark.parametrize("fused", [Activation.RELU, Activation.RELU6, Activation.RELU_N1_TO_1])
def test_a_pooling_computes_the_same_with_its_activation_apart(pool: str, fused: Activation) -> None:
    model = unary(
        pool,
        (1, 8, 8, 3),
        (1, 4, 4, 3),
        options="Pool2DOptions",
        version=2,
        padding=int(Padding.VALID),
        stride_w=2,
        stride_h=2,
        filter_width=2,
        filter_height=2,
        fused_activation_function=int(fused),
    )
    assert apart(model, SplitActivation(), noise((1, 8, 8, 3))) == ([pool, fused.name], 0)


def test_other_operators_keep_theirs() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, Q)
    attrs: dict[str, Any] = {"options": "AddOptions", "fused_activation_function": int(Activation.RELU)}
    model = b.model([b.op("ADD", [x, x], (1, 4), dtype=DType.INT8, quant=Q, **attrs)])
    assert not SplitActivation().apply(model).changed
    assert not SplitActivation().apply(unary("MAX_POOL_2D", (1, 2, 2, 1), options="Pool2DOptions")).changed
