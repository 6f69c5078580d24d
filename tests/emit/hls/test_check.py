"""What can't be built is named, with its place and what would work; all of it at once."""

from collections.abc import Callable

import numpy as np
import pytest
from emit.hls.making import Net, q

from packager.emit.hls import unsupported
from packager.errors import Severity
from packager.ir import DType, GraphBuilder, Model, QuantParams


def groups_too_wide(net: Net) -> int:
    x = net.input((2, 2, 132), q(0.1))
    weights = net.builder.const(np.ones((4, 1, 1, 66), np.int8), quant=q(0.1))
    return net.op("CONV_2D", [x, weights], (1, 2, 2, 4), q(0.1), options="Conv2DOptions", stride_h=1, stride_w=1)


def tanh_fused(net: Net) -> int:
    x = net.input((4,), q(0.1))
    weights = net.builder.const(np.ones((2, 4), np.int8), quant=q(0.1))
    return net.op(
        "FULLY_CONNECTED", [x, weights], (1, 2), q(0.1), options="FullyConnectedOptions", fused_activation_function=4
    )


def weights_with_a_zero_point(net: Net) -> int:
    x = net.input((4,), q(0.1))
    weights = net.builder.const(np.ones((2, 4), np.int8), quant=q(0.1, 3))
    return net.op("FULLY_CONNECTED", [x, weights], (1, 2), q(0.1), options="FullyConnectedOptions")


def weights_computed(net: Net) -> int:
    x, y = net.input((4,), q(0.1)), net.input((4,), q(0.1))
    return net.op("FULLY_CONNECTED", [x, y], (1, 1), q(0.1), options="FullyConnectedOptions")


def scaled_constant(net: Net) -> int:
    a = net.input((4,), q(0.1))
    return net.add(a, net.builder.const(np.ones((1, 4), np.int8)), q(0.1))


def scale_of_nothing(net: Net) -> int:
    return net.dense(net.input((4,), q(0.1)), 2, out=q(0.0))


def joined_of_five(net: Net) -> int:
    inputs = [net.input((4,), q(0.1)) for _ in range(5)]
    return net.op("CONCATENATION", inputs, (1, 20), q(0.1), options="ConcatenationOptions", axis=1)


def slice_of_another_scale(net: Net) -> int:
    edges = [net.builder.const(np.asarray(v, np.int32)) for v in ([0, 0], [1, 2])]
    return net.op("SLICE", [net.input((4,), q(0.1)), *edges], (1, 2), q(0.2), options="SliceOptions")


def unsigned_stream(net: Net) -> int:
    x = net.builder.input("u", (1, 4), DType.UINT8, q(0.1, 128))
    return net.op("RELU", [x], (1, 4), q(0.1))


def mean_over_channels(net: Net) -> int:
    axes = net.builder.const(np.asarray([3], np.int32))
    return net.op("MEAN", [net.input((4, 4, 2), q(0.1)), axes], (1, 4, 4), q(0.1), options="ReducerOptions")


def no_template(net: Net) -> int:
    return net.op("RESIZE_BILINEAR", [net.input((4, 4, 2), q(0.1))], (1, 8, 8, 2), q(0.1))


def bias_out_of_range(net: Net) -> int:
    x = net.input((4,), q(0.1))
    weights = net.builder.const(np.ones((1, 4), np.int8), quant=q(0.1))
    bias = net.builder.const(np.asarray([2**31 - 5], np.int32))
    return net.op("FULLY_CONNECTED", [x, weights, bias], (1, 1), q(0.1), options="FullyConnectedOptions")


@pytest.mark.parametrize(
    ("build", "message", "hint"),
    [
        (groups_too_wide, "groups of 66 channels are wider than 64 lanes", "more groups"),
        (tanh_fused, "fused TANH", "RELU"),
        (weights_with_a_zero_point, "zero point", "symmetrically"),
        (weights_computed, "computed, not constant", "freeze"),
        (scaled_constant, "constant is int8 without a scale", "quantize"),
        (scale_of_nothing, "has scale 0", "calibrate"),
        (joined_of_five, "joins 5 tensors", "two to 4"),
        (slice_of_another_scale, "changes the scale", "share one scale"),
        (unsigned_stream, "'u' is uint8, streams carry int8", "int8"),
        (mean_over_channels, "mean over axes (3,)", "height and width"),
        (no_template, "has no HLS template", "CONV_2D"),
        (bias_out_of_range, "accumulator needs 33 bits", "recalibrate"),
    ],
)
def test_an_operator_that_has_no_template_is_named_with_its_remedy(
    build: Callable[[Net], int], message: str, hint: str
) -> None:
    net = Net()
    model = net.model(build(net))
    (found,) = unsupported(model)
    assert found.severity is Severity.ERROR
    assert message in found.message
    assert hint in found.hint
    assert found.where == model.main.where(0)


def test_a_float_model_is_told_once_what_it_lacks() -> None:
    b = GraphBuilder()
    model = b.model([b.op("RELU", [b.op("RELU", [b.input("x", (1, 4))], (1, 4))], (1, 4))])
    (found,) = unsupported(model)
    assert "float" in found.message
    assert "calibration" in found.hint


def test_inputs_of_another_type_are_named() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT16, QuantParams.per_tensor(0.1, 0))
    y = b.op("QUANTIZE", [x], (1, 4), dtype=DType.INT8, quant=q(0.1), name="y")
    found = unsupported(b.model([y]))
    assert [d.where for d in found] == ["input 'x'", "QUANTIZE #0 'y'"]


def test_every_problem_is_reported_at_once() -> None:
    net = Net()
    x = net.input((4, 4, 2), q(0.1))
    up = net.op("RESIZE_BILINEAR", [x], (1, 8, 8, 2), q(0.1))
    deeper = net.conv(up, 6, (3, 3), depthwise=True)
    unused = net.conv(up, 3, (1, 1))
    found = unsupported(net.model(deeper))
    assert [d.where.split()[0] for d in found] == ["RESIZE_BILINEAR", "CONV_2D"]
    assert "nobody reads" in found[1].message
    assert net.builder.tensors[unused].name in found[1].where


def test_an_unused_input_is_named() -> None:
    net = Net()
    x, spare = net.input((4,), q(0.1)), net.input((4,), q(0.1))
    model: Model = net.model(net.dense(x, 2))
    assert [d.where for d in unsupported(model)] == [f"input {net.builder.tensors[spare].name!r}"]
