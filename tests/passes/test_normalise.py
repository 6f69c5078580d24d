"""The passes together: what comes out computes what went in, static, folded and named."""

import dataclasses

import numpy as np
import pytest
from quantize.tiny import classifier, conv, dense
from reference import reference

from packager.errors import ConfigError, UnsupportedError
from packager.ir import ABSENT, Activation, DType, GraphBuilder, Model, difference, read_tflite, verify, write_tflite
from packager.passes import normalise
from packager.passes.fold_scale import FoldScale
from packager.passes.fuse_activation import FuseActivation
from packager.passes.serving_signature import ServingSignature
from packager.passes.static_shapes import StaticShapes
from packager.passes.unique_names import UniqueNames
from packager.quantize.trace import PLAIN, outputs_of
from packager.rewrite import apply_passes


def outputs(model: Model, x: np.ndarray) -> np.ndarray:
    """In this process: these graphs are ours, and a child costs more than they do."""
    (found,) = outputs_of(write_tflite(model), [x], PLAIN, model.main.outputs)
    return found


def dynamic(model: Model, signature: tuple[int, ...]) -> Model:
    """The model with a dynamic input shape, as an exporter marks it."""

    def mark(index: int, tensor: object) -> object:
        if index != model.main.inputs[0]:
            return tensor
        type_ = dataclasses.replace(model.main.type_of(index), signature=signature)
        return dataclasses.replace(model.main.tensors[index], type=type_)

    return model.with_main(model.main.with_tensors(mark))  # type: ignore[arg-type]  # a test's shorthand


def flattened_by_shape() -> Model:
    """Dense after a flatten whose target is computed: SHAPE, STRIDED_SLICE, PACK, RESHAPE, as Keras exports it."""
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 2))
    y = conv(b, x, 3, (1, 6, 6, 3), seed=1, name="conv")
    int32 = DType.INT32
    shape = b.op("SHAPE", [y], (4,), options="ShapeOptions", dtype=int32, out_type=2)
    begin, end, step = (b.const(np.array([v], np.int32)) for v in (0, 1, 1))
    batch = b.op(
        "STRIDED_SLICE", [shape, begin, end, step], (), options="StridedSliceOptions", dtype=int32, shrink_axis_mask=1
    )
    size = b.const(np.int32(108))
    target = b.op("PACK", [batch, size], (2,), options="PackOptions", dtype=int32, values_count=2, axis=0)
    y = b.op("RESHAPE", [y, target], (1, 108), options="ReshapeOptions")
    return b.model([dense(b, y, 4, seed=2, name="dense")])


def test_a_static_model_comes_back_as_it_is() -> None:
    model = classifier()
    assert difference(normalise(model), model) is None


def test_a_dynamic_batch_becomes_one() -> None:
    model = normalise(dynamic(classifier(), (-1, 6, 6, 2)))
    assert model.input_types()[0].dims == (1, 6, 6, 2)
    assert all(t.type.signature is None for t in model.main.tensors)


def test_shape_arithmetic_is_folded_away() -> None:
    before = dynamic(flattened_by_shape(), (-1, 6, 6, 2))
    after = normalise(before)
    assert [node.op for node in after.main.nodes] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]
    target = after.main.tensors[after.main.nodes[1].inputs[1]].data
    assert target is not None
    assert target.tolist() == [1, 108]
    assert not list(verify(after))
    x = np.random.default_rng(0).normal(size=(3, 6, 6, 2)).astype(np.float32)
    np.testing.assert_array_equal(outputs(before, x), outputs(after, x))


def test_constant_arithmetic_is_folded_away() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    left, right = b.const(np.arange(4, dtype=np.float32)), b.const(np.full(4, 0.5, np.float32))
    constant = b.op("MUL", [left, right], (4,), options="MulOptions")
    model = normalise(b.model([b.op("ADD", [x, constant], (1, 4), options="AddOptions")]))
    (add,) = model.main.nodes
    np.testing.assert_array_equal(model.main.tensors[add.inputs[1]].data, [0, 0.5, 1, 1.5])


def test_given_sizes_reach_every_layer() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 1, 1, 2))
    y = conv(b, x, 3, (1, 1, 1, 3), seed=1, name="conv")
    model = dynamic(b.model([y]), (-1, -1, -1, 2))
    static = normalise(model, {"x": (1, 5, 7, 2)})
    assert static.output_types()[0].dims == (1, 5, 7, 3)
    assert normalise(model, {"": (-1, 5, 7, 2)}).output_types()[0].dims == (1, 5, 7, 3)


def test_an_open_dimension_asks_for_the_option() -> None:
    with pytest.raises(UnsupportedError) as caught:
        normalise(dynamic(classifier(), (-1, -1, 6, 2)))
    assert "'x'" in str(caught.value)
    assert "--input-shape x=1,N,6,2" in caught.value.hint


def test_a_fixed_batch_that_is_not_one_can_be_overridden() -> None:
    b = GraphBuilder()
    x = b.input("x", (4, 8))
    model = b.model([b.op("RELU", [x], (4, 8))])
    with pytest.raises(UnsupportedError, match="no batch of 1"):
        normalise(model)
    assert normalise(model, {"x": (1, 8)}).output_types()[0].dims == (1, 8)


@pytest.mark.parametrize(
    ("shapes", "words"), [({"y": (1, 6, 6, 2)}, "no input named 'y'"), ({"x": (1, 72)}, "4 dimensions")]
)
def test_a_wrong_input_shape_is_refused(shapes: dict[str, tuple[int, ...]], words: str) -> None:
    with pytest.raises((ConfigError, UnsupportedError), match=words):
        normalise(classifier(), shapes)


def test_sizes_that_the_graph_refuses_are_told_with_litert_s_reason() -> None:
    model = dynamic(flattened_by_shape(), (-1, -1, -1, 2))
    with pytest.raises(UnsupportedError) as caught:
        normalise(model, {"x": (1, 7, 7, 2)})
    assert "--input-shape" in caught.value.hint


def scaled(op: str, *, second: bool = True, size: int = 4, activation: int = 0) -> Model:
    """A convolution, then MUL, ADD or SUB by a constant with a ReLU inside it."""
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 2))
    y = conv(b, x, 4, (1, 6, 6, 4), seed=1, name="conv", relu=False)
    attrs = {**b.nodes[-1].attrs, "fused_activation_function": activation}
    b.nodes[-1] = dataclasses.replace(b.nodes[-1], attrs=attrs)
    constant = b.const(np.linspace(-1, 2, size).astype(np.float32), "constant")
    inputs = [y, constant] if second else [constant, y]
    options = {"MUL": "MulOptions", "ADD": "AddOptions", "SUB": "SubOptions"}[op]
    y = b.op(op, inputs, (1, 6, 6, 4), options=options, name="scaled", fused_activation_function=Activation.RELU)
    return b.model([y])


@pytest.mark.parametrize("size", [1, 4])
@pytest.mark.parametrize(
    ("op", "second"), [("MUL", True), ("MUL", False), ("ADD", True), ("ADD", False), ("SUB", True)]
)
def test_a_scale_per_channel_is_folded_and_changes_nothing(op: str, *, second: bool, size: int) -> None:
    before = scaled(op, second=second, size=size)
    after = apply_passes(before, [FoldScale()])
    assert [node.op for node in after.main.nodes] == ["CONV_2D"]
    assert after.main.node_name(0) == "scaled"
    x = np.random.default_rng(0).normal(size=(4, 6, 6, 2)).astype(np.float32)
    np.testing.assert_allclose(outputs(after, x), outputs(before, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("left_out", [(), (ABSENT,)])
def test_a_layer_without_bias_gets_one(left_out: tuple[int, ...]) -> None:
    b = GraphBuilder()
    y = dense(b, b.input("x", (1, 8)), 4, seed=1, name="dense")
    b.nodes[-1] = dataclasses.replace(b.nodes[-1], inputs=(*b.nodes[-1].inputs[:2], *left_out))
    before = b.model([b.op("ADD", [y, b.const(np.arange(4, dtype=np.float32))], (1, 4), options="AddOptions")])
    after = apply_passes(before, [FoldScale()])
    assert [node.op for node in after.main.nodes] == ["FULLY_CONNECTED"]
    x = np.random.default_rng(0).normal(size=(4, 8)).astype(np.float32)
    np.testing.assert_allclose(outputs(after, x), outputs(before, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "model",
    [scaled("SUB", second=False), scaled("MUL", activation=Activation.RELU)],
    ids=["constant less layer", "activation between"],
)
def test_what_is_no_scale_of_the_layer_stays(model: Model) -> None:
    assert apply_passes(model, [FoldScale()]) is model


def test_a_layer_that_others_read_keeps_its_scale_apart() -> None:
    model = scaled("MUL")
    graph = dataclasses.replace(model.main, outputs=(*model.main.outputs, model.main.nodes[0].outputs[0]))
    both = model.with_main(graph)
    assert apply_passes(both, [FoldScale()]) is both


def test_batch_normalisation_after_depthwise_and_dense_is_folded() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 4))
    y = conv(b, x, 4, (1, 6, 6, 4), seed=1, name="depthwise", depthwise=True, relu=False)
    scale = b.const(np.array([[[[1, -2, 0.5, 3]]]], np.float32))
    y = b.op("MUL", [y, scale], (1, 6, 6, 4), options="MulOptions")
    y = b.op("ADD", [y, b.const(np.ones(4, np.float32))], (1, 6, 6, 4), options="AddOptions")
    y = b.op("RESHAPE", [y, b.const(np.array([1, 144], np.int32))], (1, 144), options="ReshapeOptions")
    y = dense(b, y, 4, seed=2, name="dense")
    y = b.op("MUL", [y, b.const(np.array([1, 2, 3, 4], np.float32))], (1, 4), options="MulOptions")
    before = b.model([y])
    after = apply_passes(before, [FoldScale()])
    assert [node.op for node in after.main.nodes] == ["DEPTHWISE_CONV_2D", "RESHAPE", "FULLY_CONNECTED"]
    x_values = np.random.default_rng(0).normal(size=(4, 6, 6, 4)).astype(np.float32)
    np.testing.assert_allclose(outputs(after, x_values), outputs(before, x_values), rtol=1e-4, atol=1e-4)


def followed(op: str, *, host: str = "conv", activation: int = 0) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 6, 6, 2))
    if host == "conv":
        y = conv(b, x, 2, (1, 6, 6, 2), seed=1, name="host", relu=False)
    else:
        y = b.op(host, [x, x], (1, 6, 6, 2), options=f"{host.capitalize()}Options", name="host")
    b.nodes[-1] = dataclasses.replace(b.nodes[-1], attrs={**b.nodes[-1].attrs, "fused_activation_function": activation})
    return b.model([b.op(op, [y], (1, 6, 6, 2), name="activation")])


@pytest.mark.parametrize("host", ["conv", "ADD", "MUL", "SUB"])
@pytest.mark.parametrize("op", ["RELU", "RELU6", "RELU_N1_TO_1"])
def test_an_activation_is_fused_and_changes_nothing(op: str, host: str) -> None:
    before = followed(op, host=host)
    after = apply_passes(before, [FuseActivation()])
    (node,) = after.main.nodes
    assert node.attrs["fused_activation_function"] == Activation[op]
    assert after.main.node_name(0) == "activation"
    x = np.random.default_rng(0).normal(size=(4, 6, 6, 2)).astype(np.float32) * 4
    np.testing.assert_array_equal(outputs(after, x), outputs(before, x))


def test_an_activation_stays_where_it_can_t_be_fused() -> None:
    twice = followed("RELU", activation=Activation.RELU6)
    read = followed("RELU")
    read = read.with_main(dataclasses.replace(read.main, outputs=(*read.main.outputs, read.main.nodes[0].outputs[0])))
    for model in (twice, read, followed("TANH")):
        assert apply_passes(model, [FuseActivation()]) is model


def test_names_become_unique_and_edges_keep_theirs() -> None:
    model = classifier()
    same = model.with_main(
        model.main.with_tensors(
            lambda i, t: dataclasses.replace(
                t, name="x" if i in {model.main.inputs[0], 5} else ("" if i == 6 else t.name)
            )
        )
    )
    named = apply_passes(same, [UniqueNames()])
    names = [t.name for t in named.main.tensors]
    assert named.input_names() == ("x",)
    assert len(set(names)) == len(names)
    assert "" not in names


def test_a_signature_is_added_once() -> None:
    bare = dataclasses.replace(classifier(), signatures=())
    signed = apply_passes(bare, [ServingSignature()])
    (signature,) = signed.signatures
    assert signature.inputs == (("x", 0),)
    assert [name for name, _ in signature.outputs] == ["probabilities"]
    assert apply_passes(signed, [ServingSignature()]) is signed


@pytest.mark.parametrize("name", ["ad01_fp32", "pretrainedResnet", "vww_96_float", "kws_ref_model"])
def test_the_reference_models_become_static_and_compute_the_same(name: str) -> None:
    before = read_tflite(reference(f"mlperf-tiny/{name}.tflite"))
    after = normalise(before)
    assert not list(StaticShapes().ensures(after))
    type_ = after.input_types()[0]
    rng = np.random.default_rng(0)
    assert type_.dtype.numpy is not None
    x = (rng.normal(size=(2, *type_.dims[1:])) * 20).astype(type_.dtype.numpy)
    np.testing.assert_array_equal(outputs(before, x), outputs(after, x))
