"""Changing inputs so that few go further: shifts, mirrors, noise, gains, erasures, mixtures. In numpy, by seed."""

from collections.abc import Sequence

import numpy as np

from packager.config.training import Augment
from packager.train._contract import Array

Rng = np.random.Generator


def augmented(
    inputs: Sequence[Array], target: Array, how: Augment, deviations: Sequence[float], rng: Rng
) -> tuple[list[Array], Array]:
    """Return a changed batch: one array an input ``[count, ...]``, and the labels' ``[count, classes]``.

    Args:
        inputs: Left as they are.
        target: Mixed as the inputs are.
        how: Which changes, in the order they are made in: shift, flip, gain, noise, erase, mix.
        deviations: Of each input over the training data.
        rng: What is drawn is the same for all inputs of a sample.
    """
    count = len(target)
    changed = [x.astype(np.float32) for x in inputs]
    for axis, steps in enumerate(how.shift, 1):
        if steps:
            drawn = rng.integers(-steps, steps + 1, count)
            changed = [_shifted(x, axis, drawn) if x.ndim > axis else x for x in changed]
    for axis in how.flip:
        turned = rng.random(count) < 0.5
        for x in changed:
            if x.ndim > axis:
                x[turned] = np.flip(x[turned], axis)
    if how.gain:
        drawn_gain = rng.uniform(1 - how.gain, 1 + how.gain, count).astype(np.float32)
        changed = [x * _column(drawn_gain, x) for x in changed]
    if how.noise:
        changed = [
            x + np.float32(how.noise * d) * rng.standard_normal(x.shape, np.float32)
            for x, d in zip(changed, deviations, strict=True)
        ]
    if how.erase:
        changed = [_erased(x, how.erase, rng) for x in changed]
    if how.mix:
        return _mixed(changed, target, how.mix, rng)
    return changed, target


def _shifted(x: Array, axis: int, steps: Array) -> Array:
    """Each sample moved along an axis, its edge repeated."""
    size = x.shape[axis]
    at = np.clip(np.arange(size)[None] - steps[:, None], 0, size - 1)
    shape = [len(x), *(size if i == axis else 1 for i in range(1, x.ndim))]
    return np.take_along_axis(x, at.reshape(shape), axis)


def _erased(x: Array, share: float, rng: Rng) -> Array:
    """A stretch of one axis, of up to `share` of its length, set to the sample's mean."""
    found = x.copy()
    axes = [axis for axis in range(1, x.ndim) if x.shape[axis] > 1]
    if not axes:
        return found
    for sample in found:
        axis = int(rng.choice(axes)) - 1
        size = sample.shape[axis]
        length = int(rng.integers(0, max(1, round(share * size)) + 1))
        start = int(rng.integers(0, size - length + 1))
        np.moveaxis(sample, axis, 0)[start : start + length] = sample.mean()
    return found


def _mixed(inputs: list[Array], target: Array, parameter: float, rng: Rng) -> tuple[list[Array], Array]:
    """Mixup (Zhang et al. 2018): each sample with another one of its batch."""
    other = rng.permutation(len(target))
    share = rng.beta(parameter, parameter, len(target)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    mixed = [x * _column(share, x) + x[other] * _column(1 - share, x) for x in inputs]
    return mixed, target * _column(share, target) + target[other] * _column(1 - share, target)


def _column(values: Array, like: Array) -> Array:
    column: Array = values.reshape(-1, *(1,) * (like.ndim - 1))
    return column
