"""How much of the float model is left: accuracy, agreement, and signal-to-quantization-noise ratio.

For real outputs ``f`` of the float model and ``q`` of the integer one, over all samples:

* accuracy: the share of samples whose predicted class is the label, in percent. The class is the largest output, the
  first of equals; with a single output, 1 where it is at least 0.5.
* drop: float accuracy less quantized accuracy, in percentage points.
* argmax agreement: the share of samples for which both predict the same class, from 0 to 1.
* SQNR: ``10 log10(sum(f^2) / sum((f - q)^2))`` in dB. A layer's is that of its output tensor, so it holds the errors of
  the layers before it as well. It ends at 150 dB, the resolution of float32.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.labels import class_count
from packager.config.samples import Samples, to_integer
from packager.errors import Diagnostic, Severity, ToolError, UnsupportedError
from packager.figure import Basis, Figure
from packager.ir import Graph, Model, TensorType, write_tflite
from packager.quantize._contract import Quantized
from packager.quantize.trace import Energies, Pairs, energies_of, outputs_of
from packager.util.child import call

Array = npt.NDArray[Any]
RESOLVERS = {"xnnpack": "BUILTIN", "integer": "BUILTIN_REF"}
"""The kernels of LiteRT that compute in each of EdgePack's two arithmetics."""
TRACED = 16
"""Samples for the comparison layer by layer; each keeps every activation of both models."""
LIMIT_DB = 150.0
_WORST = 3
_CONVERTERS = frozenset({"QUANTIZE", "DEQUANTIZE"})
_SUFFIXES = ("_int8", "_int16", "_quantized", "_dequantized")
"""What the quantizers add to the name of a tensor whose float namesake became the model's input or output."""


def compare(
    reference: Sequence[Array] | None, actual: Sequence[Array], labels: Array | None, model: Model, *, source: str
) -> tuple[Figure, ...]:
    """Return the figures of an artifact's outputs against the float model's, both real, ``[count, ...]`` each.

    Args:
        reference: None where there is no float model.
        actual: Of whatever engine ran the artifact.
        labels: None where there are none: then there is no accuracy.
        model: Whose outputs these are; tells a classifier from the rest.
        source: For the figures: engine and inputs.
    """
    figures = [*_accuracies(reference, actual, labels, model, source)]
    if reference is None:
        return tuple(figures)
    figures += _agreement(reference, actual, model, source)
    whole = Energies()
    for exact, coarse in zip(reference, actual, strict=True):
        whole.add(exact, coarse)
    if whole.signal:
        figures.append(_figure("fidelity.sqnr_db", decibels(whole), "dB", source))
    return tuple(figures)


def real_outputs(model: Model, samples: Samples, arithmetic: str = "xnnpack") -> tuple[Array, ...]:
    """Return each output over all samples as real numbers, ``[count, ...]`` in float32.

    Raises:
        UnsupportedError: LiteRT can't run the model.
    """
    inputs = list(to_integer(samples, model).arrays.values())
    try:
        found = call(outputs_of, write_tflite(model), inputs, RESOLVERS[arithmetic], list(model.main.outputs))
    except (ToolError, UnsupportedError) as error:
        raise _refused(model, error) from None
    return tuple(_real(array, type_) for array, type_ in zip(found, model.output_types(), strict=True))


def layer_sqnr(quantized: Quantized, samples: Samples) -> dict[int, float]:
    """Return the SQNR in dB by operator index of the quantized model; layers are matched by their output's name.

    Raises:
        UnsupportedError: LiteRT can't run one of the models.
    """
    if quantized.float_model is None:
        return {}
    graph = quantized.model.main
    pairs = _pairs(quantized.float_model.main, graph)
    blobs = (write_tflite(quantized.float_model), write_tflite(quantized.model))
    inputs = tuple(
        list(to_integer(samples, model).arrays.values()) for model in (quantized.float_model, quantized.model)
    )
    try:
        found: dict[int, Energies] = call(energies_of, blobs, inputs, pairs)
    except (ToolError, UnsupportedError) as error:
        raise _refused(quantized.model, error) from None
    ratios = {t: decibels(energies) for t, energies in found.items() if energies.signal}
    return {
        i: ratios[node.outputs[0]]
        for i, node in enumerate(graph.nodes)
        if node.outputs and node.outputs[0] in ratios and node.op not in _CONVERTERS
    }


def decibels(energies: Energies) -> float:
    """``10 log10(signal / noise)``, at most `LIMIT_DB`."""
    if energies.noise <= energies.signal * 10 ** (-LIMIT_DB / 10):
        return LIMIT_DB
    return 10 * math.log10(energies.signal / energies.noise)


def sqnr_db(reference: npt.ArrayLike, actual: npt.ArrayLike) -> float:
    """SQNR of one array against another in dB; `LIMIT_DB` where they are equal."""
    energies = Energies()
    energies.add(np.asarray(reference), np.asarray(actual))
    return sqnr_of(energies)


def sqnr_of(energies: Energies) -> float:
    """SQNR in dB; of no signal `LIMIT_DB`, or less that where there is noise."""
    return decibels(energies) if energies.signal else (LIMIT_DB if not energies.noise else -LIMIT_DB)


def predicted(outputs: Array) -> Array:
    """Return the class of each sample from real outputs ``[count, ...]``: see the module's text."""
    flat = outputs.reshape(len(outputs), -1)
    chosen: Array = (flat[:, 0] >= 0.5).astype(np.int64) if flat.shape[1] == 1 else flat.argmax(axis=1)
    return chosen


def accuracy(outputs: Array, labels: Array) -> float:
    """Share of samples whose class is their label, in percent."""
    return float(np.mean(predicted(outputs) == labels) * 100)


def agreement(reference: Array, actual: Array) -> float:
    """Share of samples for which both predict the same class, from 0 to 1."""
    return float(np.mean(predicted(reference) == predicted(actual)))


def _accuracies(
    reference: Sequence[Array] | None, actual: Sequence[Array], labels: Array | None, model: Model, source: str
) -> tuple[Figure, ...]:
    if labels is None or class_count(model.output_types()[0]) is None:
        return ()
    after = accuracy(actual[0], labels)
    figures = [_figure("accuracy.quantized", after, "%", source)]
    if reference is not None:
        before = accuracy(reference[0], labels)
        figures = [
            _figure("accuracy.float", before, "%", source),
            *figures,
            _figure("accuracy.drop", before - after, "%", source),
        ]
    return tuple(figures)


def _agreement(reference: Sequence[Array], actual: Sequence[Array], model: Model, source: str) -> tuple[Figure, ...]:
    if class_count(model.output_types()[0]) is None:
        return ()
    return (_figure("fidelity.argmax_agreement", agreement(reference[0], actual[0]), "1", source),)


def _figure(name: str, value: float, unit: str, source: str) -> Figure:
    return Figure(name=name, value=value, unit=unit, basis=Basis.MEASURED, source=source)


def _real(array: Array, type_: TensorType) -> Array:
    if type_.is_quantized and type_.quant is not None:
        return type_.quant.dequantize(array)
    return array.astype(np.float32)


def _pairs(reference: Graph, graph: Graph) -> Pairs:
    """Tensors of the integer graph with the float tensor of the same name."""
    floats = {reference.tensors[t].name: t for t in reference.activations() if reference.type_of(t).dtype.is_float}
    found: dict[int, tuple[int, float, int]] = {}
    for node in graph.nodes:
        for t in node.outputs[:1]:
            type_, counterpart = graph.type_of(t), _counterpart(graph.tensors[t].name, floats)
            if counterpart is None or type_.dims != reference.type_of(counterpart).dims:
                continue
            if type_.is_quantized:
                found[t] = (counterpart, type_.scale, type_.zero_point)
            elif type_.dtype.is_float:
                found[t] = (counterpart, 0.0, 0)
    return found


def _counterpart(name: str, floats: Mapping[str, int]) -> int | None:
    candidates = (name, *(name.removesuffix(suffix) for suffix in _SUFFIXES))
    return next((floats[c] for c in candidates if c in floats), None)


def worst_layers(layers: Mapping[int, float]) -> tuple[int, ...]:
    """Operators of the lowest SQNR, the worst first."""
    ranked = sorted(layers, key=lambda i: (layers[i], i))
    return tuple(i for i in ranked if layers[i] < LIMIT_DB)[:_WORST]


def named_worst(model: Model, layers: Mapping[int, float]) -> tuple[Diagnostic, ...]:
    """A note that names the worst layers, with what to do about them."""
    worst = worst_layers(layers)
    if not worst:
        return ()
    text = ", ".join(f"{model.main.where(i)} {layers[i]:.1f} dB" for i in worst)
    return (
        Diagnostic(
            severity=Severity.NOTE,
            message=f"lowest signal-to-quantization-noise ratio: {text}",
            hint="keep such a layer in float, or in int16x8, with a rule of the recipe",
        ),
    )


def _refused(model: Model, error: ToolError | UnsupportedError) -> UnsupportedError:
    reason = str(error) if isinstance(error, UnsupportedError) else f"LiteRT can't run it: {error}"
    return UnsupportedError(
        f"{model.name}: {reason}", hint="`edgepack inspect` shows its operators", details=error.details
    )
