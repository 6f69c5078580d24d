"""Layouts as numpy sees them."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from packager.emit.onnx.layout import Layout, moves_data, permutation, storage, stored_axis, stored_dims

DIMS = st.lists(st.integers(1, 4), min_size=1, max_size=5).map(tuple)
LAYOUTS = st.sampled_from(Layout)


@given(DIMS, LAYOUTS, LAYOUTS)
def test_a_permutation_takes_one_layout_to_the_other(dims: tuple[int, ...], one: Layout, other: Layout) -> None:
    native = np.arange(math.prod(dims)).reshape(dims)
    rank = len(dims)
    stored = native.transpose(storage(one, rank))
    perm = permutation(storage(one, rank), storage(other, rank))
    moved = stored.transpose(perm)
    assert np.array_equal(moved, native.transpose(storage(other, rank)))
    assert moved.shape == stored_dims(dims, other)
    same_order = np.array_equal(moved.reshape(-1), stored.reshape(-1))
    assert moves_data(stored.shape, perm) != same_order


@given(DIMS, LAYOUTS, st.integers(-5, 4))
def test_an_axis_is_found_where_it_is_stored(dims: tuple[int, ...], layout: Layout, axis: int) -> None:
    rank = len(dims)
    if -rank <= axis < rank:
        assert storage(layout, rank)[stored_axis(axis, layout, rank)] == axis % rank


def test_channels_first_is_what_convolutions_want() -> None:
    assert stored_dims((1, 6, 8, 4), Layout.FIRST) == (1, 4, 6, 8)
