"""Halving: the positions that are left hold what they held, and where that can't be told nothing is halved."""

import dataclasses
from types import MappingProxyType

import numpy as np
import pytest
from compress.running import images
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.judging import litert
from prune.networks import Array, Network

from packager.compress._grids import Every, Grid, joined
from packager.compress._halving import Halving, halvings, obstacles
from packager.interp import reference
from packager.ir import Model, Padding, verify

AXES = ("height", "width")


def activations(model: Model, x: Array) -> dict[str, Array]:
    """Every activation by name ``[samples, ...]``, by LiteRT and alike by numpy, which reads sizes from the types."""
    graph = model.main
    (first,) = litert(model, [x], "BUILTIN_REF")
    found = reference.trace(model, [x])
    np.testing.assert_allclose(found[graph.outputs[0]], first, atol=1e-4)
    return {graph.tensors[t].name: value for t, value in found.items()}


def starting(model: Model, axis: str, name: str) -> Halving:
    return next(way for way in halvings(model, axis) if any(name in start for start in way.starts))


def layer(model: Model, index: int) -> str:
    return model.main.node_name(index)


def residual(height: int, width: int, window: int, *, stride: int = 1) -> Model:
    """A start, then only what looks at one position: 1x1, an addition, a factor for each channel, a concatenation."""
    n = Network(3, integer=False)
    start = n.conv(n.input(1, height, width, 3), 4, window, stride=stride)
    y = n.scaled(n.conv(start, 4, 1))
    y = n.concat(n.add(start, y, relu=True), start)
    return n.model(n.dense(n.mean(n.conv(y, 6, 1)), 3))


@given(
    height=st.integers(2, 9), width=st.integers(2, 9), window=st.sampled_from([1, 2, 3, 5]), stride=st.integers(1, 2),
    axis=st.sampled_from(AXES),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_what_is_left_is_what_was_there(height: int, width: int, window: int, stride: int, axis: str) -> None:
    """From a window that strides twice as far on, where nothing behind it looks at neighbours."""
    model = residual(height, width, window, stride=stride)
    x = images(3, height, width, 3, seed=height)
    before = activations(model, x)
    for way in halvings(model, axis):
        assert list(verify(way.model)) == []
        after = activations(way.model, x)
        assert way.grids
        for name, grid in way.grids.items():
            left = grid.of(before[name])
            np.testing.assert_allclose(after[name], left, atol=1e-4, err_msg=name)
            assert left.shape[1:3] == grid.sizes(before[name].shape[1:3])


def test_an_addition_halves_all_that_it_adds() -> None:
    model = residual(6, 6, 3)
    ways = list(halvings(model, "height"))
    assert [sorted(way.starts) for way in ways] == [[layer(model, 0)], [layer(model, 6)]]


def test_windows_that_the_padding_moves_apart_are_not_added() -> None:
    """Of six positions a 3x3 window of stride 2 leaves 1, 3 and 5, a 1x1 window 0, 2 and 4; of five both the same."""

    def model(size: int) -> Model:
        n = Network(1, integer=False)
        x = n.input(1, size, size, 3)
        return n.model(n.dense(n.mean(n.add(n.conv(x, 4, 3), n.conv(x, 4, 1))), 2))

    assert not list(halvings(model(6), "height"))
    (way,) = halvings(model(5), "height")
    assert len(way.starts) == 2


def test_a_stride_moves_up_to_an_earlier_layer() -> None:
    """The window of stride 2 takes stride 1, and its result keeps its size."""
    n = Network(1, integer=False)
    y = n.conv(n.conv(n.input(1, 8, 8, 3), 4, 3), 5, 3, stride=2)
    model = n.model(n.dense(n.flatten(y), 2))
    (way,) = halvings(model, "height")
    first, second = way.model.main.nodes[:2]
    assert (first.attrs["stride_h"], first.attrs["stride_w"]) == (2, 1)
    assert (second.attrs["stride_h"], second.attrs["stride_w"]) == (1, 2)
    assert [way.model.main.type_of(node.outputs[0]).dims for node in (first, second)] == [(1, 4, 8, 4), (1, 4, 4, 5)]
    activations(way.model, images(2, 8, 8, 3))


def test_taps_that_stood_two_positions_apart_stand_together() -> None:
    """A dilation of 2 becomes none, exactly."""
    n = Network(1, integer=False)
    y = n.conv(n.conv(n.input(1, 9, 9, 3), 4, 3), 5, 3, relu=False)
    model = n.model(n.dense(n.mean(y), 2))
    node = model.main.nodes[1]
    dilated = dataclasses.replace(
        node, attrs=MappingProxyType({**node.attrs, "dilation_h_factor": 2, "dilation_w_factor": 2})
    )
    model = model.with_main(
        dataclasses.replace(model.main, nodes=(model.main.nodes[0], dilated, *model.main.nodes[2:]))
    )
    x, way = images(2, 9, 9, 3), starting(model, "height", layer(model, 0))
    assert way.model.main.nodes[1].attrs["dilation_h_factor"] == 1
    before, after = (activations(each, x) for each in (model, way.model))
    name = layer(model, 1)
    np.testing.assert_allclose(after[name], way.grids[name].of(before[name]), atol=1e-4)


def test_a_pool_over_all_positions_takes_fewer() -> None:
    n = Network(1, integer=False)
    y = n.conv(n.input(1, 6, 4, 3), 4, 1)
    pooled = n.layer(
        "AVERAGE_POOL_2D", [y], (1, 1, 1, 4), "Pool2DOptions", padding=Padding.VALID, stride_h=6, stride_w=4,
        filter_height=6, filter_width=4, fused_activation_function=0,
    )  # fmt: skip
    model = n.model(n.dense(n.flatten(pooled), 2))
    (way,) = halvings(model, "height")
    assert way.model.main.nodes[1].attrs["filter_height"] == 3
    activations(way.model, images(2, 6, 4, 3))


def pooled(n: Network, y: int) -> int:
    """The mean of the first 5 of 8 positions."""
    return n.layer(
        "AVERAGE_POOL_2D", [y], (1, 1, 1, 4), "Pool2DOptions", padding=Padding.VALID, stride_h=5, stride_w=5,
        filter_height=5, filter_width=5, fused_activation_function=0,
    )  # fmt: skip


def test_what_needs_its_positions_keeps_them() -> None:
    """An output, a flattening, a pool of windows, a pool that leaves out the last rows, a window without padding."""

    def ways(build: str) -> int:
        n = Network(1, integer=False)
        y = n.conv(n.input(1, 8, 8, 3), 4, 1)
        ends = {
            "output": lambda: y,
            "flatten": lambda: n.dense(n.flatten(y), 2),
            "pool": lambda: n.mean(n.pool(y)),
            "part": lambda: n.mean(pooled(n, y)),
            "valid": lambda: n.mean(n.conv(y, 4, 3, padding=Padding.VALID)),
        }
        return sum(layer(way.model, 0) in way.starts for way in halvings(n.model(ends[build]()), "height"))

    assert [ways(build) for build in ("output", "flatten", "pool", "part", "valid")] == [0] * 5


def reduced(n: Network, y: int, dims: tuple[int, ...], *axes: int) -> int:
    return n.layer("MEAN", [y, n.b.const(np.array(axes, np.int32))], dims, "ReducerOptions")


@pytest.mark.parametrize("op", ["RESHAPE", "SQUEEZE"])
def test_sequences_lose_positions_too(op: str) -> None:
    """One-dimensional convolutions are lowered to two dimensions, and what follows has one again."""
    n = Network(1, integer=False)
    y = n.conv(n.conv(n.input(1, 1, 11, 3), 4, 3), 5, 1)
    if op == "RESHAPE":
        shape = n.b.const(np.array((1, 11, 5), np.int32))
        y = n.layer(op, [y, shape], (1, 11, 5), "ReshapeOptions", new_shape=(1, 11, 5))
    else:
        y = n.layer(op, [y], (1, 11, 5), "SqueezeOptions", squeeze_dims=(1,))
    doubled = n.add(y, y)
    model = n.model(n.dense(reduced(n, doubled, (1, 5), 1), 2))
    assert not list(halvings(model, "height"))
    x = images(3, 1, 11, 3)
    before = activations(model, x)
    way = starting(model, "width", layer(model, 1))
    assert list(verify(way.model)) == []
    after = activations(way.model, x)
    assert [after[name].shape[1:] for name in way.grids] == [(1, 6, 5), (6, 5), (6, 5)]
    for name, grid in way.grids.items():
        np.testing.assert_allclose(after[name], grid.of(before[name]), atol=1e-4, err_msg=name)
        assert grid.sizes(before[name].shape[1:-1]) == after[name].shape[1:-1]


def test_a_mean_over_channels_is_no_mean_over_positions() -> None:
    """Of a single row it has the shape that one over height would have."""
    n = Network(1, integer=False)
    y = n.conv(n.input(1, 1, 8, 3), 4, 3)
    model = n.model(n.dense(reduced(n, y, (1, 1, 8), 3), 2))
    assert not list(halvings(model, "width"))


def test_what_stands_in_the_way_is_named() -> None:
    n = Network(1, integer=False)
    y = n.conv(n.conv(n.conv(n.input(1, 8, 1, 3), 4, 3), 4, 3), 4, 3)
    model = n.model(n.dense(n.flatten(y), 2))
    assert not list(halvings(model, "height"))
    flat = model.main.where(3)
    assert flat.startswith("RESHAPE")
    assert list(obstacles(model, "height")) == [flat] * 3
    assert list(obstacles(model, "width")) == [], "there is one column, and so nothing in the way"


def test_grids_of_grids() -> None:
    values = np.arange(2 * 9 * 7).reshape(2, 9, 7, 1)
    one, two = Grid(height=Every(2, 1)), Grid(height=Every(2, 0), width=Every(2, 1))
    both = joined({"a": one}, {"a": two, "b": two})
    assert both["b"] == two
    np.testing.assert_array_equal(both["a"].of(values), two.of(one.of(values)))
    height, width = both["a"].sizes((9, 7))
    numbers = both["a"].number(np.arange(2 * height * width), (height, width), (9, 7))
    np.testing.assert_array_equal(values.ravel()[numbers], both["a"].of(values).ravel())
