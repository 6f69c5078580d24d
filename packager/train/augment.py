"""Changing inputs so that few go further: shifted, mirrored, louder, tilted, erased, mixed. In numpy, by seed."""

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
        how: Which changes, in the order they are made in: shift, flip, gain, noise, tilt, erase, mix.
        deviations: Of each input over the training data.
        rng: What is drawn is the same for all inputs of a sample.
    """
    changed = [x.astype(np.float32) for x in inputs]
    changed = _moved(changed, how, rng)
    changed = _louder(changed, how, deviations, rng)
    if how.tilt:
        changed = [_tilted(x, how.tilt, rng) for x in changed]
    if how.erase:
        changed = [_erased(x, how.erase, rng) for x in changed]
    return _mixed(changed, target, how.mix, rng) if how.mix else (changed, target)


def _moved(inputs: list[Array], how: Augment, rng: Rng) -> list[Array]:
    """Shifted, then mirrored."""
    count, changed = len(inputs[0]), inputs
    for axis, steps in enumerate(how.shift, 1):
        if steps:
            drawn = rng.integers(-steps, steps + 1, count)
            changed = [_shifted(x, axis, drawn) if x.ndim > axis else x for x in changed]
    for axis in how.flip:
        turned = rng.random(count) < 0.5
        changed = [_mirrored(x, axis, turned) if x.ndim > axis else x for x in changed]
    return changed


def _louder(inputs: list[Array], how: Augment, deviations: Sequence[float], rng: Rng) -> list[Array]:
    """A gain, then noise."""
    changed = inputs
    if how.gain:
        drawn = rng.uniform(1 - how.gain, 1 + how.gain, len(inputs[0])).astype(np.float32)
        changed = [x * _column(drawn, x) for x in changed]
    if how.noise:
        changed = [
            x + np.float32(how.noise * d) * rng.standard_normal(x.shape, np.float32)
            for x, d in zip(changed, deviations, strict=True)
        ]
    return changed


def _mirrored(x: Array, axis: int, turned: Array) -> Array:
    return np.where(_column(turned, x), np.flip(x, axis), x)


def _shifted(x: Array, axis: int, steps: Array) -> Array:
    """Each sample moved along an axis, its edge repeated."""
    size = x.shape[axis]
    at = np.clip(np.arange(size)[None] - steps[:, None], 0, size - 1)
    shape = [len(x), *(size if i == axis else 1 for i in range(1, x.ndim))]
    return np.take_along_axis(x, at.reshape(shape), axis)


def _tilted(x: Array, size: float, rng: Rng) -> Array:
    """Each place of the axes after the first moved by one number, in units of what the batch varies by there."""
    if x.ndim < 3:
        return x
    drawn = rng.standard_normal((len(x), 1, *x.shape[2:]), np.float32)
    found: Array = x + np.float32(size) * x.std(axis=(0, 1), keepdims=True) * drawn
    return found


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
