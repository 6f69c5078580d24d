"""One layer as two thin ones: the factors of its weights, and the model that has them."""

import dataclasses
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from packager.compress._grams import Gram, ridged
from packager.compress._layers import Layer, Real
from packager.ir import Activation, GraphBuilder, Model, Padding, compact

_RIDGE = 1e-4
_METRIC_RIDGE = 1e-3
"""Of the metric's mean: what no answer depends on still counts a little, for draws are few."""


class Factors(NamedTuple):
    first: Real
    """``[rank, columns]``"""
    first_bias: Real
    second: Real
    """``[out, rank]``"""
    second_bias: Real
    error: float


def factorized(layer: Layer, gram: Gram, error: float, metric: Real | None = None) -> Factors:
    """Return the factors of the least rank whose output error is at most `error` of the output's variance.

    With a metric ``[out, out]`` both are measured by it.
    """
    weights = layer.matrix.astype(np.float64)
    lower = np.linalg.cholesky(gram.ridged(_RIDGE))
    root = np.eye(len(weights)) if metric is None else np.linalg.cholesky(ridged(metric, _METRIC_RIDGE))
    left, sizes, right = np.linalg.svd(root.T @ weights @ lower, full_matrices=False)
    energy = np.square(sizes)
    lost = 1 - np.cumsum(energy) / max(float(energy.sum()), float(np.finfo(np.float64).tiny))
    rank = int(np.argmax(lost <= error)) + 1
    # The root of each size goes into either factor: quantized, both have rows of like magnitude.
    halves = np.sqrt(sizes[:rank])
    first = np.linalg.solve(lower.T, (halves[:, None] * right[:rank]).T).T
    second = np.linalg.solve(root.T, left[:, :rank] * halves)
    bias = np.zeros(len(weights)) if layer.bias is None else layer.bias.astype(np.float64)
    return Factors(first, -first @ gram.mean, second, bias + weights @ gram.mean, max(float(lost[rank - 1]), 0.0))


def with_factors(model: Model, name: str, factors: Factors) -> Model:
    """The model with the layer of that name replaced by two."""
    graph = model.main
    index = next(i for i in range(len(graph.nodes)) if graph.node_name(i) == name)
    node, rank = graph.nodes[index], len(factors.first)
    builder = GraphBuilder(graph)
    shape = graph.type_of(node.inputs[1]).dims
    between = (rank, *shape[1:]), (shape[0], *((1,) * (len(shape) - 2)), rank)
    constants = [
        builder.const(np.ascontiguousarray(data.reshape(dims).astype(np.float32)), f"{name}/{what}")
        for what, data, dims in (
            ("first", factors.first, between[0]),
            ("first_bias", factors.first_bias, (rank,)),
            ("second", factors.second, between[1]),
            ("second_bias", factors.second_bias, (shape[0],)),
        )
    ]
    middle = builder.tensor(f"{name}/low_rank", (*graph.type_of(node.outputs[0]).dims[:-1], rank))
    first = dataclasses.replace(
        node,
        inputs=(node.inputs[0], *constants[:2]),
        outputs=(middle,),
        attrs=MappingProxyType({**node.attrs, "fused_activation_function": Activation.NONE}),
    )
    still = {"padding": Padding.VALID, "stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    attrs = {**node.attrs, **(still if node.op == "CONV_2D" else {})}
    second = dataclasses.replace(node, inputs=(middle, *constants[2:]), attrs=MappingProxyType(attrs))
    nodes = (*graph.nodes[:index], first, second, *graph.nodes[index + 1 :])
    changed = dataclasses.replace(graph, tensors=tuple(builder.tensors), nodes=nodes)
    return compact(model.with_main(changed))
