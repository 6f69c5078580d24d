"""Folding: within the limits, as fast as they allow, cheapest for a wanted rate."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.config.profile import FpgaPart
from packager.plan.folding import RESOURCES, Choice, Fold, Folding, Unit, at_interval, fastest, limits_of
from packager.plan.fpga_estimate import Cost, total

LIMITS = Cost(lut=1000, ff=1000, dsp=10, bram18=10)


def nothing(_: Sequence[Choice]) -> Cost:
    return Cost()


def unit(macs: int, lut_each: int = 83) -> Unit:
    """An operator whose multipliers may be DSP slices or LUTs."""
    folds = [Fold(pe=pe, fabric=fabric) for pe in (1, 2, 4, 8) for fabric in (False, True)]
    return Unit(
        where="test",
        choices=tuple(
            Choice(
                fold=f,
                cycles=macs // f.pe,
                cost=Cost(lut=lut_each * f.pe if f.fabric else 0, dsp=0 if f.fabric else f.pe),
            )
            for f in folds
        ),
    )


def best_by_trying_all(units: Sequence[Unit]) -> int | None:
    """Least interval of any combination that fits; the truth for a few units."""
    intervals = []
    for choices in itertools.product(*(u.choices for u in units)):
        cost = total([c.cost for c in choices])
        if all(getattr(cost, r) <= getattr(LIMITS, r) for r in RESOURCES):
            intervals.append(max(c.cycles for c in choices))
    return min(intervals, default=None)


def test_products_are_split_between_dsp_slices_and_luts_where_neither_suffices() -> None:
    units = [unit(8000), unit(8000)]
    found = fastest(units, LIMITS, nothing)[0]
    assert found.fits
    assert found.interval == best_by_trying_all(units) == 1000
    assert {c.fold.fabric for c in found.choices} == {False, True}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(100, 20000), min_size=1, max_size=3))
def test_it_is_as_fast_as_trying_everything(macs: list[int]) -> None:
    units = [unit(m) for m in macs]
    found = fastest(units, LIMITS, nothing)[0]
    assert found.fits
    assert found.interval == best_by_trying_all(units)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(100, 20000), min_size=1, max_size=6), st.integers(1, 4000))
def test_a_wanted_interval_is_kept_or_the_fastest_choice_taken(macs: list[int], wanted: int) -> None:
    units = [unit(m) for m in macs]
    found = at_interval(units, wanted, LIMITS, nothing)
    for one, choice in zip(units, found.choices, strict=True):
        assert choice.cycles <= max(wanted, min(c.cycles for c in one.choices))


def test_a_design_that_can_not_fit_says_what_binds_and_by_how_much() -> None:
    big = Unit(where="big", choices=(Choice(fold=Fold(), cycles=10, cost=Cost(lut=100, bram18=25)),))
    found = fastest([big, unit(800)], LIMITS, nothing)[0]
    assert not found.fits
    assert found.binding == "bram18"
    assert found.shares["bram18"] == pytest.approx(2.5)


def test_the_cost_between_operators_counts() -> None:
    def wires(choices: Sequence[Choice]) -> Cost:
        return Cost(lut=sum(200 * c.fold.pe for c in choices))

    free, wired = fastest([unit(8000)], LIMITS, nothing)[0], fastest([unit(8000)], LIMITS, wires)[0]
    assert free.interval == 1000
    assert wired.interval == 2000
    assert wired.cost.lut == 800


def test_limits_leave_room_to_route() -> None:
    part = FpgaPart(part="p", clock_mhz=100, lut=1000, ff=2000, dsp=100, bram36=50, dsp_type="DSP48E1")
    assert limits_of(part) == Cost(lut=700, ff=1400, dsp=90, bram18=90)


def test_nothing_to_fold_takes_one_cycle() -> None:
    assert fastest([], LIMITS, nothing)[0] == Folding(choices=(), cost=Cost(), limits=LIMITS)
    assert fastest([], LIMITS, nothing)[0].interval == 1
