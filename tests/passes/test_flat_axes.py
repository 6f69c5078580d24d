"""Transposes between reshapes move the same elements over fewer axes."""

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from passes.running import Q, apart, noise

from packager.ir import DType, GraphBuilder, Model
from packager.passes.flat_axes import FlatAxes, merged


def chain(shape: tuple[int, ...], wide: tuple[int, ...], order: tuple[int, ...]) -> Model:
    """RESHAPE to `wide`, TRANSPOSE, RESHAPE back."""
    b = GraphBuilder()
    x = b.input("x", shape, DType.INT8, Q)
    t = b.op(
        "RESHAPE", [x, b.const(np.asarray(wide, np.int32))], wide, options="ReshapeOptions", dtype=DType.INT8, quant=Q
    )
    axes = b.const(np.asarray(order, np.int32))
    turned = tuple(wide[a] for a in order)
    t = b.op("TRANSPOSE", [t, axes], turned, options="TransposeOptions", version=2, dtype=DType.INT8, quant=Q)
    last = b.const(np.asarray(shape, np.int32))
    return b.model([b.op("RESHAPE", [t, last], shape, name="y", options="ReshapeOptions", dtype=DType.INT8, quant=Q)])


def test_a_channel_shuffle_needs_no_fifth_axis() -> None:
    model = chain((1, 6, 6, 8), (1, 6, 6, 2, 4), (0, 1, 2, 4, 3))
    ops, steps = apart(model, FlatAxes(), noise((1, 6, 6, 8)))
    assert (ops, steps) == (["RESHAPE", "TRANSPOSE", "RESHAPE"], 0)
    changed = FlatAxes().apply(model).model.main
    assert changed.type_of(changed.nodes[1].inputs[0]).dims == (1, 36, 2, 4)


def test_two_wide_reshapes_are_one() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4, 4, 8), DType.INT8, Q)
    t = x
    for dims in ((1, 4, 4, 2, 4), (1, 16, 8)):
        shape = b.const(np.asarray(dims, np.int32))
        t = b.op("RESHAPE", [t, shape], dims, options="ReshapeOptions", dtype=DType.INT8, quant=Q)
    assert apart(b.model([t]), FlatAxes(), noise((1, 4, 4, 8))) == (["RESHAPE"], 0)


def test_a_real_transpose_of_four_axes_stays() -> None:
    model = chain((1, 16, 9), (2, 2, 4, 3, 3), (4, 2, 0, 3, 1))
    assert not FlatAxes().apply(model).changed


def test_a_tensor_that_others_read_stays() -> None:
    model = chain((1, 6, 6, 8), (1, 6, 6, 2, 4), (0, 1, 2, 4, 3))
    graph = model.main
    b = GraphBuilder(graph)
    again = b.op("RELU", [graph.nodes[1].outputs[0]], (1, 6, 6, 4, 2), dtype=DType.INT8, quant=Q)
    assert not FlatAxes().apply(b.model([*graph.outputs, again])).changed


@settings(deadline=None)
@given(st.lists(st.sampled_from([1, 1, 2, 3]), min_size=1, max_size=6).flatmap(
    lambda dims: st.tuples(st.just(tuple(dims)), st.permutations(range(len(dims))))
))  # fmt: skip
def test_merged_axes_move_elements_alike(case: tuple[tuple[int, ...], list[int]]) -> None:
    dims, order = case
    data = np.arange(math.prod(dims))
    small, permutation = merged(dims, order)
    assert math.prod(small) == math.prod(dims)
    wanted = data.reshape(dims).transpose(order).ravel()
    np.testing.assert_array_equal(data.reshape(small).transpose(permutation).ravel(), wanted)
    assert all(b != a + 1 for a, b in itertools.pairwise(permutation))
