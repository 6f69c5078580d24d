"""Bias correction: quantization shifts a layer's mean output; its bias takes the shift back.

With ``x`` what a layer multiplies over the tuning inputs, ``x'`` the same rounded to the integers of its input, ``W``
and ``W'`` float and integer weights: the mean output moves by ``W' E[x'] - W E[x]``, which the int32 bias loses.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np

from packager.compress._contract import Array, Compressed, Context, Step
from packager.compress._layers import Layer, Real, float_only, layers_of, with_constants
from packager.compress._rows import drawn, rows_of, traced
from packager.errors import Diagnostic, Severity
from packager.ir import ABSENT, Graph, Model, Node

_ROWS = 20_000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BiasCorrection:
    """Without parameters."""


def check(model: Model, how: BiasCorrection, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "bias correction")


def apply(model: Model, how: BiasCorrection, context: Context) -> Compressed:  # noqa: ARG001 - as Step.apply
    return Compressed(model=model, summary="biases are corrected once the model is quantized")


def refine(
    quantized: Model,
    model: Model,
    how: BiasCorrection,  # noqa: ARG001 - as Step.refine
    context: Context,
) -> Compressed:
    integers = {quantized.main.node_name(i): node for i, node in enumerate(quantized.main.nodes)}
    layers = [
        layer
        for layer in layers_of(model.main)
        if layer.name in integers and _fits(quantized.main, integers[layer.name], layer)
    ]
    shifts = {layer.name: np.zeros(layer.outs) for layer in layers}
    rng, inputs = np.random.default_rng(context.seed), tuple(context.tuning.arrays.values())
    counts = dict.fromkeys(shifts, 0)
    for part in traced(model, inputs, [layer.source for layer in layers]) if layers else ():
        for layer in layers:
            x = part[layer.source]
            at = drawn(layer, len(x), -(-_ROWS * len(x) // len(inputs[0])), rng)
            shifts[layer.name] += _shift(quantized.main, integers[layer.name], layer, rows_of(layer, x, at)) * len(at)
            counts[layer.name] += len(at)
    changed: dict[int, Array] = {}
    notes = []
    for layer in layers:
        node = integers[layer.name]
        bias = quantized.main.tensors[node.inputs[2]]
        assert bias.data is not None
        assert bias.type.quant is not None
        steps = np.rint(shifts[layer.name] / counts[layer.name] / bias.type.quant.scales()).astype(bias.data.dtype)
        if steps.any():
            changed[node.inputs[2]] = bias.data - steps
            moved = float(np.abs(shifts[layer.name] / counts[layer.name]).max())
            notes.append(
                Diagnostic(severity=Severity.NOTE, where=layer.where, message=f"biases corrected by up to {moved:.3g}")
            )
    return Compressed(
        model=with_constants(quantized, changed) if changed else quantized,
        summary=f"biases of {len(changed)} of {len(layers)} integer layers corrected",
        changes=tuple(notes),
    )


def _fits(graph: Graph, node: Node, layer: Layer) -> bool:
    """Whether an operator is the layer's integer form, with a bias of its own."""
    if node.op != layer.op or len(node.inputs) < 3 or node.inputs[2] == ABSENT:
        return False
    weights, bias = (graph.tensors[t] for t in node.inputs[1:3])
    quantized = all(t.is_quantized for t in (graph.type_of(node.inputs[0]), weights.type, bias.type))
    alone = graph.consumers()[node.inputs[2]] == (graph.nodes.index(node),)
    return quantized and alone and weights.type.dims == layer.weights.shape and bias.data is not None


def _shift(graph: Graph, node: Node, layer: Layer, rows: Array) -> Real:
    """What quantization adds to each output's mean over the rows."""
    x, weights = graph.type_of(node.inputs[0]), graph.tensors[node.inputs[1]]
    assert x.quant is not None
    assert x.dtype.numpy is not None
    assert weights.type.quant is not None
    assert weights.data is not None
    rounded = x.quant.dequantize(x.quant.quantize(rows, x.dtype.numpy))
    integer = dataclasses.replace(layer, weights=weights.type.quant.dequantize(weights.data)).matrix
    if layer.depthwise:
        found: Real = (integer * rounded.mean(axis=0) - layer.matrix * rows.mean(axis=0)).sum(axis=1)
    else:
        found = integer @ rounded.mean(axis=0) - layer.matrix @ rows.mean(axis=0)
    return found.astype(np.float64)


STEP = Step(title="bias correction", parameters=BiasCorrection, check=check, apply=apply, refine=refine)
