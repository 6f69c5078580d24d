"""What changes of the inputs do, and that they leave alone what they should."""

import numpy as np
import pytest

from packager.config.training import Augment
from packager.train._contract import Array
from packager.train.augment import augmented

COUNT, CLASSES = 64, 3
SPECTRA = np.random.default_rng(0).normal(size=(COUNT, 9, 5, 1)).astype(np.float32)
TARGET = np.eye(CLASSES, dtype=np.float32)[np.arange(COUNT) % CLASSES]


def changed(how: Augment, x: Array = SPECTRA, seed: int = 1) -> tuple[Array, Array]:
    deviation = float(np.std(x))
    (found,), target = augmented([x], TARGET, how, [deviation], np.random.default_rng(seed))
    return found, target


@pytest.mark.parametrize(
    "how",
    [
        Augment(shift=(2, 1)), Augment(flip=(1,)), Augment(noise=0.5), Augment(gain=0.5), Augment(tilt=0.5),
        Augment(erase=0.5), Augment(mix=1.0),
    ],
)  # fmt: skip
def test_each_change_changes_a_copy_the_same_way_with_the_same_seed(how: Augment) -> None:
    before = SPECTRA.copy()
    (first, one), (second, other), (third, _) = changed(how), changed(how), changed(how, seed=2)
    assert first.dtype == np.float32
    assert first.shape == SPECTRA.shape
    assert np.array_equal(SPECTRA, before)
    assert np.array_equal(first, second)
    assert np.array_equal(one, other)
    assert not np.array_equal(first, SPECTRA)
    assert not np.array_equal(first, third)


def test_a_tilt_is_one_number_a_place_along_the_first_axis() -> None:
    wide = SPECTRA * np.array([1, 10, 100, 1, 0], np.float32)[:, None]
    moved = changed(Augment(tilt=0.3), wide)[0] - wide
    assert np.allclose(moved, moved[:, :1], rtol=1e-2, atol=1e-4)
    size = moved[:, 0, :, 0].std(axis=0)
    assert np.allclose(size / 0.3, wide.std(axis=(0, 1))[:, 0], rtol=0.35)
    assert not moved[:, :, 4].any(), "what does not vary stays"


def test_a_tilt_leaves_vectors_alone() -> None:
    vectors = SPECTRA[:, 0, :, 0]
    assert np.array_equal(changed(Augment(tilt=0.3), vectors)[0], vectors)


def test_a_shift_repeats_the_edge() -> None:
    ramp = np.broadcast_to(np.arange(9, dtype=np.float32)[None, :, None, None], SPECTRA.shape).copy()
    found, _ = changed(Augment(shift=(3, 0)), ramp)
    steps = ramp[:, 4, 0, 0] - found[:, 4, 0, 0]
    assert set(np.unique(steps)) == set(range(-3, 4))
    for sample, step in zip(found, steps, strict=True):
        assert np.array_equal(sample[:, 0, 0], np.clip(np.arange(9) - step, 0, 8))


def test_a_mixture_is_as_much_of_another_input_as_of_its_target() -> None:
    marked = np.broadcast_to(TARGET[:, None, None, :], (COUNT, 4, 4, CLASSES)).astype(np.float32)
    found, target = changed(Augment(mix=1.0), marked)
    assert np.allclose(target.sum(axis=1), 1, atol=1e-6)
    assert np.allclose(found[:, 0, 0], target, atol=1e-6)
    assert (target.max(axis=1) < 1).any()
    assert np.array_equal(target.argmax(axis=1), TARGET.argmax(axis=1)), "the larger part is the input's own"
