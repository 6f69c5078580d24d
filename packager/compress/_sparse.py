"""Zeroing weights of a layer so that its output changes least: which ones, and what the others become.

With ``C`` the covariance of a layer's rows over the tuning inputs, ``(w - v) C (w - v)`` is the energy by which the
output of one row of weights changes, its mean held by the bias. The weights that stay are those of least energy under
the mask, ``v_S = w C_:S (C_SS)^-1``: the optimal brain surgeon's correction (Hassibi and Stork, 1993) for all
weights of a row at once. Rows of many columns are corrected column by column from one factorization for all rows, as
SparseGPT does (Frantar and Alistarh, 2023). Then every layer is fitted anew under its mask, in order, to make up for
the errors of those before it.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from packager.compress._contract import Array, Compressed, Context, Kept, Mask
from packager.compress._grams import Gram, grams
from packager.compress._layers import Layer, Real, layers_of, with_constants
from packager.compress._refit import refit
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.figure import Table
from packager.ir import Model

RIDGE = 1e-2
"""Of the mean variance: what few inputs say of a covariance is not believed to the end."""
_EXACT = 1024
"""Columns up to which every row is solved by itself."""
Choose = Callable[[Sequence[Layer], Mapping[int, Real]], Mapping[int, Mask]]
"""From layers and the saliencies of their weights ``[out, columns]`` to what stays."""


def saliency(weights: Real, gram: Gram | None) -> Real:
    """Return the energy that zeroing a weight alone costs, the others corrected: ``w^2 / [C^-1]_ii``, else ``w^2``."""
    if gram is None:
        return np.square(weights)
    found: Real = np.square(weights) / np.diag(np.linalg.inv(gram.ridged(RIDGE)))
    return found


def corrected(weights: Real, stays: Mask, gram: Gram) -> Real:
    """Return the weights ``[out, columns]`` that stay, so that the output changes least."""
    covariance = gram.ridged(RIDGE)
    if weights.shape[1] > _EXACT:
        return _swept(weights, stays, covariance)
    found = np.zeros_like(weights)
    for row, alive in enumerate(stays):
        if alive.any():
            found[row, alive] = np.linalg.solve(covariance[np.ix_(alive, alive)], covariance[alive] @ weights[row])
    return found


def _swept(weights: Real, stays: Mask, covariance: Real) -> Real:
    """Zero column after column, each time moving what is lost into the columns to come."""
    factor = np.linalg.cholesky(np.linalg.inv(covariance)).T  # upper: row i holds what column i hands on
    left = weights.copy()
    for i in range(left.shape[1]):
        error = np.where(stays[:, i], 0.0, left[:, i]) / factor[i, i]
        left[:, i:] -= np.outer(error, factor[i, i:])
        left[~stays[:, i], i] = 0
    return left


def sparsify(
    model: Model,
    context: Context,
    choose: Choose,
    *,
    layers: Iterable[str],
    skip: Iterable[str],
    correct: bool,
    what: str,
) -> Compressed:
    """Choose and zero weights in the layers named (all, if none is; never depthwise ones), and correct the rest."""
    chosen = taken(model, layers, skip)
    inputs = tuple(context.tuning.arrays.values())
    found = grams(model, chosen, inputs, seed=context.seed) if correct else {}
    matrices = {layer.index: layer.matrix.astype(np.float64) for layer in chosen}
    before = {layer.index: _held(layer, model, context.kept) for layer in chosen}
    scores = {i: np.where(before[i], saliency(matrices[i], found.get(i)), -1.0) for i in matrices}
    stays = {i: mask & before[i] for i, mask in choose(chosen, scores).items()}
    if not any((matrices[i][~mask] != 0).any() for i, mask in stays.items()):
        raise UnsupportedError(f"{model.name}: no weight to zero", hint="ask for more, or leave the step out")
    changed: dict[int, Array] = {}
    masks, rows = dict(context.kept.masks), []
    for layer in chosen:
        mask = stays.get(layer.index)
        if mask is None or mask.all():
            continue
        old, gram = matrices[layer.index], found.get(layer.index)
        new = np.where(mask, old, 0) if gram is None else corrected(old, mask, gram)
        changed[layer.tensor] = layer.shaped(new)
        if gram is not None and layer.bias is not None:
            changed[layer.call.node.inputs[2]] = (layer.bias + (old - new) @ gram.mean).astype(np.float32)
        masks[model.main.tensors[layer.tensor].name] = layer.shaped_mask(mask)
        rows.append(_row(layer, old, new, gram))
    smaller = with_constants(model, changed)
    if correct:
        smaller = refit(model, smaller, inputs, masks=masks, seed=context.seed)
    zeros = sum(int((~stays[layer.index]).sum()) for layer in chosen if layer.index in stays)
    total = sum(layer.weights.size for layer in layers_of(model.main))
    return Compressed(
        model=smaller,
        summary=f"{zeros / total:.1%} of {total} weights zeroed ({what})",
        changes=tuple(
            Diagnostic(severity=Severity.NOTE, where=r[0], message=f"{r[2]} of the weights zeroed") for r in rows
        ),
        table=Table(columns=("layer", ">weights", ">zeros", ">output error, dB"), rows=tuple(rows)),
        kept=dataclasses.replace(context.kept, masks=masks),
    )


def taken(model: Model, layers: Iterable[str], skip: Iterable[str]) -> tuple[Layer, ...]:
    """The layers that a sparse step works on: convolutions and dense ones, a depthwise one has too few weights."""
    only, without = set(layers), set(skip)
    return tuple(
        layer
        for layer in layers_of(model.main)
        if not layer.depthwise and (not only or layer.name in only) and layer.name not in without
    )


def names(model: Model) -> Iterator[str]:
    """The names that `layers` and `skip` may hold."""
    return (layer.name for layer in layers_of(model.main) if not layer.depthwise)


def _held(layer: Layer, model: Model, kept: Kept) -> Mask:
    """What earlier steps left of a layer's weights."""
    mask = kept.masks.get(model.main.tensors[layer.tensor].name)
    return np.ones(layer.matrix.shape, np.bool_) if mask is None else mask.reshape(layer.matrix.shape)


def _row(layer: Layer, old: Real, new: Real, gram: Gram | None) -> tuple[str, ...]:
    error = "-"
    if gram is not None:
        gap = old - new
        noise = float(np.einsum("oi,ij,oj->", gap, gram.covariance, gap))
        signal = float(np.einsum("oi,ij,oj->", old, gram.covariance, old))
        error = f"{10 * np.log10(noise / signal):.1f}" if noise > 0 and signal > 0 else "-"
    return (layer.where, str(old.size), f"{float((new == 0).mean()):.1%}", error)
