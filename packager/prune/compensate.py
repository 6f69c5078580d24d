"""Making what stays carry what goes: closed-form correction of weights and biases on calibration data."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from packager.ir import Graph, frozen
from packager.prune._contract import Array, Mask, Product, PrunePlan, Real
from packager.prune.channels import makers
from packager.prune.moments import Moments

_RIDGE = 1e-2
"""Of the mean variance, added to every channel's: the fit to few inputs stays small."""


def compensated(graph: Graph, plan: PrunePlan, moments: Mapping[int, Moments]) -> tuple[Graph, PrunePlan]:
    """Return the graph and plan with the readers of removed channels corrected.

    The removed channels ``r`` are predicted from the kept ``k`` by least squares over the calibration inputs,
    ``r = m_r + M (k - m_k)`` with ``M = C_rk (C_kk + lambda I)^-1``, and the prediction is put into the layers that
    read them: ``W_k + W_r M``, and ``W_r (m_r - M m_k)`` on the bias. So each layer's mean output is as before, as far
    as its input's is.
    """
    tensors, folds = list(graph.tensors), dict(plan.folds)
    for index, layer in makers(graph):
        keep, x = plan.keep.get(layer.into), moments.get(graph.nodes[index].inputs[0])
        if keep is None or x is None:
            continue
        weights, fold = _absorb(layer, keep, x)
        at = layer.into.tensor
        dims = tensors[at].type.dims
        between = [size for axis, size in enumerate(dims) if axis not in (layer.out.axis, layer.into.axis)]
        shaped = weights.reshape(dims[layer.out.axis], *between, dims[layer.into.axis])
        back = np.moveaxis(shaped, (0, -1), (layer.out.axis, layer.into.axis))
        tensors[at] = dataclasses.replace(tensors[at], data=frozen(np.ascontiguousarray(back)))
        folds[index] = fold
    return dataclasses.replace(graph, tensors=tuple(tensors)), dataclasses.replace(plan, folds=folds)


def _absorb(layer: Product, keep: Mask, x: Moments) -> tuple[Array, Real]:
    """The layer's weights ``[out, taps, in]`` and what its bias gains."""
    outs, taps, columns = layer.weights.shape
    channels = len(x.mean)
    stays = keep[:channels]
    weights = layer.weights.astype(np.float64).reshape(outs, taps * (columns // channels), channels)
    mix = _predictor(x, stays)
    gone = weights[..., ~stays]
    fold: Real = gone.sum(axis=1) @ (x.mean[~stays] - mix @ x.mean[stays])
    weights[..., stays] += gone @ mix
    return weights.reshape(outs, taps, columns).astype(layer.weights.dtype), fold


def _predictor(x: Moments, stays: Mask) -> Real:
    """``M``, ``[gone, kept]``."""
    if x.covariance.ndim == 1:
        return np.zeros((int((~stays).sum()), int(stays.sum())))
    own = x.covariance[np.ix_(stays, stays)]
    ridge = _RIDGE * float(np.diag(own).mean()) + np.finfo(np.float64).tiny
    mix = np.linalg.solve(own + ridge * np.eye(len(own)), x.covariance[np.ix_(stays, ~stays)])
    return mix.T.astype(np.float64)
