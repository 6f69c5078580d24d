"""Orders of values: tables and a ring of beats that give back what numpy gives."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from packager.emit.hls._order import OUTSIDE, Order, lanes_of, order_of, repeated

Ints = npt.NDArray[np.int64]


def played(order: Order, total: int) -> Iterator[int]:
    """The beats that `ep::rearrange` writes, its ring of `room` beats played through."""
    kept = [OUTSIDE] * order.room
    loaded = 0
    for steps in np.ndindex(*(len(t) for t in order.tables)):
        place = sum(int(t[i]) for t, i in zip(order.tables, steps, strict=True))
        while place >= loaded:
            kept[loaded % order.room] = loaded
            loaded += 1
        yield OUTSIDE if place < 0 else kept[place % order.room if order.room < total else place]


@st.composite
def orders(draw: st.DrawFn) -> tuple[Ints, int]:
    """A chain of steps that move values, applied to places."""
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    places = np.arange(int(np.prod(shape))).reshape(shape)
    total = places.size
    for _ in range(draw(st.integers(1, 3))):
        axis = draw(st.integers(0, places.ndim - 1))
        match draw(st.sampled_from(["turn", "flip", "slice", "repeat", "tile", "pad"])):
            case "turn":
                places = np.moveaxis(places, axis, draw(st.integers(0, places.ndim - 1)))
            case "flip":
                places = np.flip(places, axis)
            case "slice":
                start = draw(st.integers(0, places.shape[axis] - 1))
                places = np.take(places, range(start, places.shape[axis], draw(st.integers(1, 2))), axis)
            case "repeat":
                places = np.repeat(places, 2, axis)
            case "tile":
                places = np.concatenate([places, places], axis)
            case _:
                places = np.pad(
                    places, [(1, 0) if a == axis else (0, 0) for a in range(places.ndim)], constant_values=-1
                )
    return places, total


@given(orders())
def test_the_ring_gives_every_place_in_order(case: tuple[Ints, int]) -> None:
    places, total = case
    for lanes in lanes_of(places, total):
        order = order_of(places, total, lanes)
        assert order is not None
        first = places.reshape(-1, lanes)[:, 0]
        assert list(played(order, total // lanes)) == np.where(first < 0, OUTSIDE, first // lanes).tolist()


def test_rows_that_are_repeated_keep_one_row() -> None:
    places = np.arange(6 * 4).reshape(6, 4).repeat(2, axis=0)
    order = order_of(places, 24, 1)
    assert order is not None
    assert order.room == 4
    assert lanes_of(places, 24) == [1, 2, 4]


def test_what_is_no_sum_of_tables_is_told() -> None:
    assert order_of(np.asarray([[0, 1], [2, 0]]), 4, 1) is None
    assert order_of(np.full((2, 2), OUTSIDE), 4, 1) is None


def test_constants_are_kept_once() -> None:
    run, times = repeated(np.asarray([1, 2, 3]), (1, 4, 5, 3))
    assert (run.tolist(), times) == ([1, 2, 3], 20)
    run, times = repeated(np.asarray([[[1], [2]]]), (1, 2, 3))
    assert (run.tolist(), times) == ([1, 1, 1, 2, 2, 2], 1)
