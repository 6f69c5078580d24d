"""Parts of activations: of parts, their shapes, and through the steps of a recipe."""

from typing import Any

import numpy as np
import pytest
from compress.running import context, run
from compress.test_subsample import network, smooth
from hypothesis import given
from hypothesis import strategies as st

from packager.compress._contract import Compressed, Kept
from packager.compress._grids import Every, Grid
from packager.compress._parts import Part, Parts
from packager.compress._training import HintedStep, TrainingStep, hints_of
from packager.interp import reference
from packager.train import Hints

EVERY = st.builds(Every, st.integers(1, 3), st.integers(0, 1))
GRID = st.none() | st.builds(Grid, EVERY, EVERY)
VALUES = np.arange(2 * 12 * 10 * 6).reshape(2, 12, 10, 6)


@st.composite
def part(draw: st.DrawFn, channels: int = 6) -> Part:
    some = draw(st.none() | st.sets(st.integers(0, channels - 1), min_size=1).map(lambda at: tuple(sorted(at))))
    return Part(some, draw(GRID))


@given(st.data())
def test_a_part_of_a_part(data: st.DataObject) -> None:
    first = data.draw(part())
    later = data.draw(part(6 if first.channels is None else len(first.channels)))
    both = Parts({"a": first}).then(Parts({"a": later}))["a"]
    wanted = later.of(first.of(VALUES))
    np.testing.assert_array_equal(both.of(VALUES), wanted)
    assert both.dims(VALUES.shape) == wanted.shape
    at = slice(None) if both.channels is None else list(both.channels)
    np.testing.assert_array_equal(VALUES[:, *both.slices(4)][..., at], wanted)


STEPS: list[tuple[str, dict[str, Any]]] = [
    ("subsample", {"share": 0.2, "refit": False}),
    ("channels", {"share": 0.2, "multiple_of": 1, "refit": False}),
    ("low_rank", {"error": 0.5, "spatial": True, "grow": 10_000, "refit": False}),
]


def after(*steps: tuple[str, dict[str, Any]]) -> tuple[Compressed, Hints | None]:
    """A model behind these steps, and what training would match of it."""
    teacher, x, kept = network(), smooth(40), Kept()
    done = Compressed(model=teacher, summary="")
    for name, options in steps:
        done = run(name, done.model, x, kept=kept, teacher=teacher, **options)
        kept = done.leaves(kept)
    return done, hints_of(done.model, HintedStep(hints=1.0), context(teacher, x, kept=kept))


def test_hints_are_what_the_original_computes_at_what_is_left() -> None:
    """The first layer computes the same as ever, where and as far as it does; the others stand for their part."""
    done, hints = after(*STEPS[:2])
    assert hints is not None
    first = min(hints.by_tensor)
    inputs = [smooth(3, seed=5)]
    own, whole = (reference.trace(model, inputs) for model in (done.model, network()))
    for t, hint in hints.by_tensor.items():
        wanted = whole[hint.teacher][:, *hint.positions][..., hint.channels]
        assert wanted.shape == own[t].shape
        if t == first:
            np.testing.assert_allclose(own[t], wanted, atol=1e-5)
    assert any(hint.positions for hint in hints.by_tensor.values())
    assert any(len(hint.channels) < whole[hint.teacher].shape[-1] for hint in hints.by_tensor.values())


def test_layers_of_low_rank_are_matched_where_the_second_one_ends() -> None:
    (_, before), (done, hints) = after(*STEPS[:2]), after(*STEPS)
    assert before is not None
    assert hints is not None
    assert done.table is not None
    assert len(done.table.rows) > 0
    assert len(hints.by_tensor) == len(before.by_tensor)


@pytest.mark.parametrize("step", [("equalize", {}), None])
def test_nothing_is_matched_behind_a_step_that_rescales_nor_unasked(step: tuple[str, dict[str, Any]] | None) -> None:
    if step is not None:
        assert after(*STEPS[:1], step)[1] is None
    else:
        model = network()
        assert hints_of(model, HintedStep(), context(model, smooth(5))) is None
        assert hints_of(model, TrainingStep(), context(model, smooth(5))) is None
