"""Weights and bias of one layer by least squares, held near what they were where the rows tell too little."""

import numpy as np

from packager.compress._contract import Array, Mask
from packager.compress._layers import Layer, Real

_RIDGES = (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)
"""Of the mean variance of a column; tried in turn."""


def fitted(layer: Layer, rows: Array, target: Real, mask: Mask | None) -> dict[int, Array]:
    """New weights and bias by tensor index.

    Args:
        layer: Float; its weights now are where the fit starts.
        rows: What it multiplies, ``[n, columns]``; of a depthwise layer ``[n, out, taps]``.
        target: What it shall give before its activation, ``[n, out]``.
        mask: Of the weights tensor's shape, where values may be other than zero; all for None.
    """
    x = rows.astype(np.float64)
    centre = layer.bias is not None
    mean = x.mean(axis=0) if centre else np.zeros(x.shape[1:])
    goal = target.mean(axis=0) if centre else np.zeros(target.shape[1])
    x -= mean
    old = layer.matrix.astype(np.float64)
    y = target - goal
    new = _each(old, x, y) if layer.depthwise else _all(old, x, y, None if mask is None else mask.reshape(old.shape))
    changed: dict[int, Array] = {layer.tensor: layer.shaped(new)}
    if centre:
        at_mean = np.einsum("ot,ot->o", new, mean) if layer.depthwise else new @ mean
        changed[layer.call.node.inputs[2]] = (goal - at_mean).astype(np.float32)
    return changed


def _each(old: Real, x: Real, y: Real) -> Real:
    """Of a depthwise layer: ``[out, taps]`` from ``[n, out, taps]``; each output is a problem of its own."""
    rest = y - np.einsum("not,ot->no", x, old)
    every = np.ones(old.shape[1], np.bool_)
    found: Real = old + np.stack(
        [
            _step(_Problem(np.ascontiguousarray(x[:, i]), rest[:, i : i + 1]), every, slice(None))[0]
            for i in range(len(old))
        ]
    )
    return found


def _all(old: Real, x: Real, y: Real, mask: Mask | None) -> Real:
    """Of any other layer: ``[out, columns]`` from ``[n, columns]``."""
    problem = _Problem(x, y - x @ old.T)
    if mask is None or mask.all():
        return old + _step(problem, np.ones(old.shape[1], np.bool_), slice(None))
    new = old.copy()
    for row, alive in enumerate(mask):
        if alive.any():
            new[row, alive] += _step(problem, alive, slice(row, row + 1))[0]
    return new


class _Problem:
    """Second moments of what a layer reads ``[n, columns]``, and with what is left over ``[n, out]``.

    Of the first four fifths of the rows, of the last, and of all.
    """

    def __init__(self, x: Real, rest: Real) -> None:
        cut = len(x) - len(x) // 5
        parts = [(x[part], rest[part]) for part in (slice(0, cut), slice(cut, None))]
        self.grams = [a.T @ a for a, _ in parts]
        self.crosses = [a.T @ b for a, b in parts]
        self.counts = [max(len(a), 1) for a, _ in parts]

    def part(self, which: int, alive: Mask, rows: slice) -> tuple[Real, Real]:
        """Of some columns and some outputs."""
        gram, cross = self.grams[which], self.crosses[which]
        return gram[np.ix_(alive, alive)] / self.counts[which], cross[alive, rows] / self.counts[which]

    def whole(self, alive: Mask, rows: slice) -> tuple[Real, Real]:
        gram, cross = self.grams[0] + self.grams[1], self.crosses[0] + self.crosses[1]
        count = sum(self.counts)
        return gram[np.ix_(alive, alive)] / count, cross[alive, rows] / count


def _step(problem: _Problem, alive: Mask, rows: slice) -> Real:
    """The change of weights ``[out, columns]`` that explains what is left over.

    The ridge that holds it small is the one under which the first four fifths of the inputs tell most of the last;
    there is no change where they tell nothing.
    """
    (gram, cross), (held, crossed) = (problem.part(which, alive, rows) for which in (0, 1))
    values, vectors = np.linalg.eigh(gram)
    scale = max(float(values.mean()), float(np.finfo(np.float64).tiny))
    turned, held, crossed = vectors.T @ cross, vectors.T @ held @ vectors, vectors.T @ crossed
    best, least = 0.0, 0.0
    for ridge in _RIDGES:
        change = turned / (np.maximum(values, 0) + ridge * scale)[:, None]
        gain = float(np.sum(change * (held @ change)) - 2 * np.sum(change * crossed))
        if gain < least:
            best, least = ridge, gain
    if not best:
        return np.zeros((cross.shape[1], len(gram)))
    gram, cross = problem.whole(alive, rows)
    return np.linalg.solve(gram + best * scale * np.eye(len(gram)), cross).T.astype(np.float64)
