"""The interpreter itself: samples, traces, checksums, and what it refuses."""

import zlib
from typing import Any

import numpy as np
import pytest
from ops.convolving import Case, convolution
from ops.judging import binary, inputs_for, quant, unary

from packager.errors import ConfigError, EdgePackError, UnsupportedError
from packager.interp import reference
from packager.ir import Activation, DType, GraphBuilder, Model


def chain() -> Model:
    """CONV_2D, TRANSPOSE (which knows no batch), RESHAPE, FULLY_CONNECTED, and an ADD of the first to itself."""
    rng = np.random.default_rng(0)
    b = GraphBuilder()
    x = b.input("x", (1, 4, 4, 2), DType.INT8, quant(0.05, 3))
    w = b.const(rng.integers(-127, 128, (3, 3, 3, 2)).astype(np.int8), "w", quant(0.01))
    bias = b.const(rng.integers(-99, 99, 3).astype(np.int32), "b", quant(0.0005))
    order = b.const(np.asarray([0, 3, 1, 2], np.int32))

    def add(op: str, inputs: list[int], shape: tuple[int, ...], name: str, scale: float, **rest: Any) -> int:
        return b.op(op, inputs, shape, name=name, dtype=DType.INT8, quant=quant(scale), **rest)

    y = add("CONV_2D", [x, w, bias], (1, 4, 4, 3), "conv", 0.06, options="Conv2DOptions", stride_h=1, stride_w=1)
    turned = add("TRANSPOSE", [y, order], (1, 3, 4, 4), "turn", 0.06, options="TransposeOptions")
    both = add("ADD", [turned, turned], (1, 3, 4, 4), "sum", 0.1, options="AddOptions")
    flat = add("RESHAPE", [both], (1, 48), "flat", 0.1, options="ReshapeOptions", new_shape=(1, 48))
    return b.model([flat, y])


@pytest.mark.parametrize("arithmetic", ["integer", "xnnpack"])
def test_a_batch_of_samples_is_the_samples_one_by_one(arithmetic: str) -> None:
    model = chain()
    (x,) = inputs_for(model, 40)
    together = reference.run(model, [x], arithmetic)
    for i in (0, 15, 16, 39):
        for all_of_them, alone in zip(together, reference.run(model, [x[i : i + 1]], arithmetic), strict=True):
            np.testing.assert_array_equal(all_of_them[i : i + 1], alone)


def test_shapes_leave_out_the_batch_of_one() -> None:
    model = chain()
    flat, conv = reference.run(model, inputs_for(model, 5))
    assert flat.shape == (5, 48)
    assert conv.shape == (5, 4, 4, 3)


def test_no_samples_give_empty_outputs() -> None:
    model = chain()
    flat, _ = reference.run(model, [np.zeros((0, 4, 4, 2), np.int8)])
    assert flat.shape == (0, 48)


def test_trace_holds_every_activation() -> None:
    model = chain()
    inputs = inputs_for(model, 20)
    traced = reference.trace(model, inputs)
    assert sorted(traced) == sorted(model.main.activations())
    for t, output in zip(model.main.outputs, reference.run(model, inputs), strict=True):
        np.testing.assert_array_equal(traced[t], output)


def test_checksums_are_of_each_operator_over_the_samples() -> None:
    model = chain()
    inputs = inputs_for(model, 3)
    sums = reference.layer_checksums(model, inputs, "integer")
    assert [s.op for s in sums] == ["CONV_2D", "TRANSPOSE", "ADD", "RESHAPE"]
    assert [s.name for s in sums] == ["conv", "turn", "sum", "flat"]
    conv = reference.trace(model, inputs, "integer")[model.main.nodes[0].outputs[0]]
    assert sums[0].crc32 == zlib.crc32(conv.tobytes())
    assert reference.layer_checksums(model, inputs, "integer") == sums
    changed = [inputs[0].copy()]
    changed[0][1, 2, 2, 1] ^= 0x40
    assert reference.layer_checksums(model, changed, "integer")[0].crc32 != sums[0].crc32


def test_dynamic_batch_is_one() -> None:
    import dataclasses

    model = chain()
    graph = model.main
    first = graph.tensors[graph.inputs[0]]
    dynamic = dataclasses.replace(first, type=dataclasses.replace(first.type, signature=(-1, 4, 4, 2)))
    tensors = tuple(dynamic if i == graph.inputs[0] else t for i, t in enumerate(graph.tensors))
    open_ended = model.with_main(dataclasses.replace(graph, tensors=tensors))
    inputs = inputs_for(model, 2)
    np.testing.assert_array_equal(reference.run(open_ended, inputs)[0], reference.run(model, inputs)[0])


def test_operators_without_reference_are_all_named_with_their_place() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    y = b.op("UNIDIRECTIONAL_SEQUENCE_LSTM", [x], (1, 4), name="lstm")
    z = b.op("RELU", [y], (1, 4), name="fine")
    model = b.model([b.op("NO_SUCH_OPERATOR", [z], (1, 4), name="odd")])
    found = reference.unsupported(model)
    assert [d.where for d in found] == ["UNIDIRECTIONAL_SEQUENCE_LSTM #0 'lstm'", "NO_SUCH_OPERATOR #2 'odd'"]
    assert all(d.hint for d in found)
    with pytest.raises(UnsupportedError, match="2 problems"):
        reference.run(model, [np.zeros((1, 4), np.float32)])


def test_types_without_reference_are_named() -> None:
    model = unary("AVERAGE_POOL_2D", (1, 4, 4, 1), dtype=DType.INT32, options="Pool2DOptions")
    (found,) = reference.unsupported(model)
    assert "int32" in found.message


def test_a_fused_activation_that_is_no_clamp_is_named() -> None:
    (found,) = reference.unsupported(convolution(Case(activation=Activation.TANH)))
    assert "clamp" in found.message


def test_names_that_are_no_operators_are_not_found() -> None:
    from packager.ops import find_op

    for name in ("_CONTRACT", "_fixed_point", "", "a.b", "os"):
        assert find_op(name) is None


def test_bad_inputs_say_what_was_wanted() -> None:
    model = chain()
    good = np.zeros((2, 4, 4, 2), np.int8)
    with pytest.raises(ConfigError, match=r"1 inputs, 2 arrays"):
        reference.run(model, [good, good])
    with pytest.raises(ConfigError, match=r"\(2, 4, 4\), wanted \[count, 4, 4, 2\]"):
        reference.run(model, [good[..., 0]])
    with pytest.raises(ConfigError, match="float32, wanted int8"):
        reference.run(model, [good.astype(np.float32)])
    pair = binary("ADD", ((1, 4), (1, 4)), options="AddOptions")
    with pytest.raises(ConfigError, match="number of samples"):
        reference.run(pair, [np.zeros((2, 4), np.int8), np.zeros((3, 4), np.int8)])


def test_an_unknown_arithmetic_is_refused() -> None:
    with pytest.raises(EdgePackError, match="'exact' is not an arithmetic"):
        reference.run(chain(), [np.zeros((1, 4, 4, 2), np.int8)], "exact")
