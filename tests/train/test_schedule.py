"""Learning rates and masked shares over a training."""

import dataclasses

import pytest

from packager.config.training import Training
from packager.train.schedule import masked, ramp, rates


def test_sparsity_is_reached_when_the_ramp_ends_and_grows_until_then() -> None:
    shares = [masked(0.8, epoch, ramp(10)) for epoch in range(10)]
    assert shares[ramp(10) - 1 :] == [0.8] * 5
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(0.8 * (1 - (5 / 6) ** 3))


def test_one_epoch_reaches_all_of_it() -> None:
    assert masked(0.5, 0, ramp(1)) == 0.5


def test_the_rate_rises_from_a_hundredth_and_falls_to_nothing() -> None:
    how = dataclasses.replace(Training(), learning_rate=0.1, warmup=0.2, schedule="cosine")
    by_step = [float(rates(how, 100)(step)) for step in (0, 20, 60, 100)]
    assert by_step == pytest.approx([0.001, 0.1, 0.05, 0.0], abs=1e-6)


def test_a_constant_rate_stays() -> None:
    how = dataclasses.replace(Training(), learning_rate=0.1, warmup=0.0, schedule="constant")
    assert float(rates(how, 100)(100)) == pytest.approx(0.1)
