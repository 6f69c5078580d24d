"""What is cut, what is kept, and that nothing of it shows in the output."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prune.networks import Array, Network, assert_same, widths
from reference import reference

from packager.interp import reference as interpreter
from packager.interp.litert import run_litert
from packager.ir import Graph, Model, Padding, read_tflite, verify, write_tflite
from packager.passes import normalise
from packager.prune import remove_dead

BOTH = pytest.mark.parametrize("integer", [False, True], ids=["float", "int8"])
FIRST_TWO = np.array([0, 1])


def cut(model: Model, *, multiple_of: int = 1) -> Model:
    pruned = remove_dead(model, multiple_of=multiple_of).model
    assert list(verify(pruned)) == []
    assert_same(model, pruned)
    return pruned


@BOTH
def test_a_channel_that_nobody_reads_goes_and_so_does_what_it_was_made_of(*, integer: bool) -> None:
    n = Network(1, integer=integer)
    y = n.conv(n.input(1, 6, 6, 3), 8, 3)
    y = n.conv(n.depthwise(y), 6, unread=FIRST_TWO)
    smaller = cut(n.model(n.dense(n.mean(y), 4)))
    assert widths(smaller, "CONV_2D") == [6, 6]
    assert widths(smaller, "DEPTHWISE_CONV_2D") == [6]


@BOTH
def test_demand_is_followed_back_through_layers_that_die_themselves(*, integer: bool) -> None:
    n = Network(2, integer=integer)
    y = n.conv(n.input(1, 4, 4, 2), 5, relu=False)
    y = n.conv(y, 4, unread=np.array([3]), relu=False)
    y = n.conv(y, 4, unread=np.array([0, 1]), relu=False)
    smaller = cut(n.model(n.dense(n.flatten(y), 3)))
    assert widths(smaller, "CONV_2D") == [4, 2, 4]


@BOTH
def test_a_constant_channel_is_folded_into_the_bias_of_its_reader(*, integer: bool) -> None:
    n = Network(3, integer=integer)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=-2.0)  # relu(about 2): a constant that is not zero
    model = n.model(n.dense(n.mean(n.conv(y, 5)), 4))
    assert widths(cut(model), "CONV_2D")[0] == 4
    assert "2 constant whatever the input" in remove_dead(model).plan.cuts[0].reason


@BOTH
def test_a_layer_without_a_bias_gets_one_where_a_constant_is_folded_in(*, integer: bool) -> None:
    n = Network(4, integer=integer)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=-2.0)
    smaller = cut(n.model(n.dense(n.flatten(y), 4, biased=False)))
    node = smaller.main.nodes[-1]
    assert len(node.inputs) == 3
    assert smaller.main.tensors[node.inputs[2]].data is not None


@BOTH
def test_a_constant_other_than_padding_stays_where_a_reader_pads(*, integer: bool) -> None:
    n = Network(5, integer=integer)
    y = n.conv(n.input(1, 5, 5, 2), 6, dead=FIRST_TWO, drop=-2.0)
    smaller = cut(n.model(n.dense(n.flatten(n.conv(y, 5, 3)), 4)))
    assert widths(smaller, "CONV_2D") == [6, 5]


@BOTH
def test_the_same_constant_goes_where_the_reader_does_not_pad(*, integer: bool) -> None:
    n = Network(5, integer=integer)
    y = n.conv(n.input(1, 5, 5, 2), 6, dead=FIRST_TWO, drop=-2.0)
    smaller = cut(n.model(n.dense(n.flatten(n.conv(y, 5, 3, padding=Padding.VALID)), 4)))
    assert widths(smaller, "CONV_2D") == [4, 5]


@BOTH
def test_a_constant_zero_goes_through_padding(*, integer: bool) -> None:
    n = Network(6, integer=integer)
    y = n.conv(n.input(1, 5, 5, 2), 6, dead=FIRST_TWO, drop=9.0)  # relu(negative): zero
    y = n.conv(n.pad(n.depthwise(y)), 5, 3)
    smaller = cut(n.model(n.dense(n.flatten(y), 4)))
    # What the depthwise layer makes of zeros is its bias, which its reader, unlike its own padding, sees at the border.
    assert widths(smaller, "CONV_2D")[0] == 6 - sum(_bias(n, 1)[:2] <= 0)


def _bias(n: Network, layer: int) -> Array:
    data = n.b.tensors[n.b.nodes[layer].inputs[2]].data
    assert data is not None
    return data


@BOTH
def test_channels_of_a_residual_add_go_only_together(*, integer: bool) -> None:
    n = Network(7, integer=integer)
    stem = n.conv(n.input(1, 6, 6, 3), 8, dead=np.array([0, 1, 2]), drop=9.0)
    branch = n.conv(stem, 8, 3, dead=np.array([0, 1]), drop=9.0)
    smaller = cut(n.model(n.dense(n.mean(n.add(stem, branch)), 4)))
    assert widths(smaller, "CONV_2D") == [6, 6]  # channel 2 is dead in one branch only
    assert widths(smaller, "ADD") == [6]


@BOTH
def test_channels_of_a_concatenation_go_one_by_one(*, integer: bool) -> None:
    n = Network(8, integer=integer)
    x = n.input(1, 4, 4, 3)
    left, right = n.conv(x, 4, dead=np.array([1]), drop=9.0), n.conv(x, 5)
    joined = n.pool(n.concat(left, right))
    smaller = cut(n.model(n.dense(n.mean(n.conv(joined, 6, unread=np.array([5]))), 3)))  # 1 of the right
    assert widths(smaller, "CONV_2D") == [3, 4, 6]
    assert widths(smaller, "CONCATENATION") == [7]


@BOTH
def test_a_normalization_that_scales_a_channel_by_nothing_makes_it_constant(*, integer: bool) -> None:
    n = Network(20, integer=integer)
    x = n.input(1, 4, 4, 3)
    joined = n.concat(n.conv(x, 4, relu=False), n.conv(x, 4, relu=False))
    y = n.conv(n.scaled(joined, dead=np.array([1, 6])), 5)
    smaller = cut(n.model(n.dense(n.mean(y), 3)))
    assert widths(smaller, "CONV_2D") == [3, 3, 5]
    assert widths(smaller, "MUL") == widths(smaller, "ADD") == [6]


@BOTH
def test_a_flattened_channel_takes_all_its_columns_along(*, integer: bool) -> None:
    n = Network(9, integer=integer)
    y = n.pool(n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=-2.0), "AVERAGE_POOL_2D")
    smaller = cut(n.model(n.dense(n.flatten(y), 5)))
    assert widths(smaller, "RESHAPE") == [16]
    shape = smaller.main.tensors[next(x for x in smaller.main.nodes if x.op == "RESHAPE").inputs[1]].data
    assert shape is not None
    assert shape.tolist() == [1, 16]


@BOTH
def test_a_dense_layer_that_flattens_by_itself(*, integer: bool) -> None:
    n = Network(10, integer=integer)
    y = n.conv(n.input(1, 3, 3, 2), 6, dead=FIRST_TWO, drop=9.0)
    assert widths(cut(n.model(n.dense(y, 5))), "CONV_2D") == [4]


@BOTH
def test_a_depthwise_multiplier_takes_its_channels_along(*, integer: bool) -> None:
    n = Network(11, integer=integer)
    y = n.depthwise(n.conv(n.input(1, 4, 4, 2), 4), 2)
    y = n.conv(y, 5, unread=np.array([2, 3, 4]))  # both of channel 1's, one of channel 2's
    smaller = cut(n.model(n.dense(n.mean(y), 3)))
    assert widths(smaller, "CONV_2D")[0] == 3
    assert widths(smaller, "DEPTHWISE_CONV_2D") == [6]


@BOTH
def test_a_depthwise_layer_over_one_channel_makes_new_ones(*, integer: bool) -> None:
    n = Network(12, integer=integer)
    y = n.depthwise(n.input(1, 4, 4, 1), 6, dead=FIRST_TWO, drop=9.0)
    assert widths(cut(n.model(n.dense(n.mean(y), 3))), "DEPTHWISE_CONV_2D") == [4]


def test_an_integer_channel_saturated_whatever_the_input_goes() -> None:
    n = Network(13, integer=True)
    y = n.conv(n.input(1, 4, 4, 2), 6)
    weights, bias = (n.b.tensors[t] for t in n.b.nodes[0].inputs[1:3])
    assert weights.data is not None
    assert weights.data[:2].any()
    assert bias.data is not None
    reach = 256 * np.abs(weights.data[0].astype(np.int64)).sum()
    lifted = bias.data.copy()
    lifted[0] = lifted[0] + 2 * reach + 1_000_000  # at the type's top
    lifted[1] = -(2 * reach + 1_000_000)  # under the ReLU
    _set(n, n.b.nodes[0].inputs[2], lifted)
    assert widths(cut(n.model(n.dense(n.mean(y), 3))), "CONV_2D") == [4]


def _set(n: Network, tensor: int, data: Array) -> None:
    n.b.tensors[tensor] = dataclasses.replace(n.b.tensors[tensor], data=data)


def test_what_weight_decay_leaves_counts_as_zero() -> None:
    n = Network(14, integer=False)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=9.0)
    weights = n.b.tensors[n.b.nodes[0].inputs[1]].data
    assert weights is not None
    _set(n, n.b.nodes[0].inputs[1], np.where(weights == 0, np.float32(1e-30), weights))
    assert widths(cut(n.model(n.dense(n.mean(y), 3))), "CONV_2D") == [4]


def test_a_small_weight_is_no_zero() -> None:
    n = Network(14, integer=False)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=9.0)
    weights = n.b.tensors[n.b.nodes[0].inputs[1]].data
    assert weights is not None
    _set(n, n.b.nodes[0].inputs[1], np.where(weights == 0, np.float32(1e-6), weights))
    assert widths(cut(n.model(n.dense(n.mean(y), 3))), "CONV_2D") == [6]


@BOTH
def test_what_the_model_shows_stays(*, integer: bool) -> None:
    n = Network(15, integer=integer)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=9.0)
    assert widths(cut(n.model(y, n.dense(n.mean(y), 3))), "CONV_2D") == [6]


@BOTH
def test_an_operator_that_mixes_channels_keeps_them(*, integer: bool) -> None:
    n = Network(16, integer=integer)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=FIRST_TWO, drop=9.0)
    turned = n.layer("TRANSPOSE", [y, n.b.const(np.array([0, 3, 1, 2], np.int32))], (1, 6, 4, 4), "TransposeOptions")
    assert widths(cut(n.model(n.dense(turned, 3))), "CONV_2D") == [6]


@BOTH
def test_at_least_one_channel_stays(*, integer: bool) -> None:
    n = Network(17, integer=integer)
    y = n.conv(n.input(1, 4, 4, 2), 6, dead=np.arange(6), drop=9.0)
    assert widths(cut(n.model(n.dense(n.mean(y), 3))), "CONV_2D") == [1]


@pytest.mark.parametrize(("multiple", "kept"), [(1, 5), (2, 6), (4, 8), (16, 8)])
def test_multiples_keep_some_of_the_dead(multiple: int, kept: int) -> None:
    n = Network(18, integer=True)
    y = n.conv(n.input(1, 4, 4, 2), 8, dead=np.array([0, 2, 4]), drop=9.0)
    assert widths(cut(n.model(n.dense(n.mean(y), 3)), multiple_of=multiple), "CONV_2D") == [kept]


def test_a_sound_model_is_left_alone() -> None:
    n = Network(19, integer=False)
    model = n.model(n.dense(n.mean(n.conv(n.input(1, 4, 4, 2), 6)), 3))
    pruned = remove_dead(model)
    assert pruned.model is model
    assert pruned.notes() == ()
    assert pruned.bytes_before == pruned.bytes_after


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), integer=st.booleans(), zero_point=st.sampled_from([-128, -3, 40]))
def test_whatever_the_network_the_output_stays(*, seed: int, integer: bool, zero_point: int) -> None:
    rng = np.random.default_rng(seed)
    n = Network(seed, integer=integer, zero_point=zero_point)

    def some(count: int) -> Array:
        return np.flatnonzero(rng.random(count) < 0.4)

    def grow(y: int) -> int:
        depth = n.dims(y)[-1]
        drop, relu = float(rng.choice([-3.0, 0.0, 9.0])), bool(rng.integers(2))
        unread = some(depth) if rng.integers(2) else None
        match rng.integers(8):
            case 0:
                grown = n.depthwise(y, dead=some(depth), drop=drop, relu=relu)
            case 1:
                grown = n.add(y, n.conv(y, depth, 3, dead=some(depth), drop=drop, relu=relu), relu=relu)
            case 2:
                grown = n.concat(y, n.conv(y, 3, dead=some(3), drop=drop))
            case 3:
                grown = n.mul(y, n.conv(y, depth, dead=some(depth), drop=drop))
            case 4:
                grown = n.scaled(y, dead=some(depth))
            case 5:
                grown = n.conv(n.pad(y), 5, 3, padding=Padding.VALID, unread=unread, dead=some(5), drop=drop)
            case _:
                kernel = int(rng.choice([1, 3]))
                grown = n.conv(y, 6, kernel, dead=some(6), unread=unread, drop=drop, relu=relu)
        return grown

    y = n.conv(n.input(1, 6, 6, 2), 6, 3, dead=some(6), drop=float(rng.choice([-3.0, 9.0])))
    for _ in range(rng.integers(1, 5)):
        y = grow(y)
    y = n.pool(y, str(rng.choice(["MAX_POOL_2D", "AVERAGE_POOL_2D"])))
    y = n.mean(y) if rng.integers(2) else n.flatten(y)
    cut(n.model(n.dense(n.dense(y, 6, dead=some(6), drop=9.0, relu=True), 3, biased=False)))


def _without_softmax(model: Model) -> Model:
    """The model up to the logits, so that no saturation hides a difference."""
    graph = model.main
    last = graph.nodes[-1]
    assert last.op == "SOFTMAX"
    shorter: Graph = dataclasses.replace(graph, nodes=graph.nodes[:-1], outputs=(last.inputs[0],))
    return dataclasses.replace(model.with_main(shorter), signatures=())


@pytest.mark.parametrize(("name", "saved"), [("vww_96_float", 0.75), ("vww_96_int8", 0.6)])
def test_visual_wake_words_shrinks_and_answers_the_same(name: str, saved: float) -> None:
    path = reference(f"mlperf-tiny/{name}.tflite")
    model = _without_softmax(normalise(read_tflite(path)))
    pruned = remove_dead(model)
    blobs = [write_tflite(m) for m in (model, pruned.model)]
    assert len(blobs[1]) <= (1 - saved) * path.stat().st_size
    rng = np.random.default_rng(0)
    is_float = model.input_types()[0].dtype.is_float
    drawn = rng.random((20, 96, 96, 3))
    inputs = [drawn.astype(np.float32) if is_float else (drawn * 256 - 128).astype(np.int8)]
    outputs = [[run_litert(blob, inputs, resolver=r)[0] for r in ("default", "reference")] for blob in blobs]
    few = [inputs[0][:4]]
    for arithmetic in ("integer", "xnnpack"):
        for found, m in zip(outputs, (model, pruned.model), strict=True):
            found.append(interpreter.run(m, few, arithmetic)[0])
    for before, after in zip(*outputs, strict=True):
        assert np.unique(before).size > 2
        np.testing.assert_allclose(after.astype(np.float64), before.astype(np.float64), rtol=0, atol=1e-4 * is_float)


@pytest.mark.parametrize("name", ["ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model"])
def test_the_other_tiny_models_have_nothing_dead(name: str) -> None:
    model = normalise(read_tflite(reference(f"mlperf-tiny/{name}.tflite")))
    assert remove_dead(model).model is model
