"""Ranges of the values of an ONNX graph, as onnxruntime computes them: one inference after another, in a child process.

The same methods as for a TFLite graph. Ranges are for symmetric integers, so ``entropy`` searches half of the levels.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.recipe import Calibration
from packager.errors import UnsupportedError
from packager.quantize._contract import Range
from packager.quantize.calibrate import entropy_limit, percentile_range
from packager.quantize.observe import BINS
from packager.util.child import call
from packager.util.ort import session_options

Array = npt.NDArray[Any]
_LEVELS = 128
"""Of a symmetric int8 on one side of zero."""


def calibrate_onnx(
    content: bytes, inputs: Sequence[Array], values: Sequence[str], how: Calibration, source: str
) -> dict[str, Range]:
    """Return a range for each float value of a graph.

    Args:
        content: A float ONNX file of static shapes, batch 1.
        inputs: For each input of the graph ``[count, ...]``, in the graph's own layout.
        values: Names of inputs or computed values.
        how: Method and its parameter.
        source: What the inputs are, for the reason that each range gives.

    Raises:
        UnsupportedError: onnxruntime can't run it, or a value is NaN or infinite.
    """
    spans: dict[str, tuple[float, float]] = call(_extremes, content, list(inputs), list(values))
    if how.method == "minmax":
        return {v: _range(low, high, f"minimum and maximum of {source}") for v, (low, high) in spans.items()}
    magnitude = how.method == "entropy"
    counts: dict[str, Array] = call(_histograms, content, list(inputs), spans, magnitude)
    if not magnitude:
        reason = f"{how.percentile:g} % of the values of {source}"
        cut = {v: percentile_range(counts[v], low, high, how.percentile) for v, (low, high) in spans.items()}
        return {v: _range(low, high, reason) for v, (low, high) in cut.items()}
    reason = f"least relative entropy over {source}"
    limits = {v: entropy_limit(counts[v], max(-low, high), _LEVELS) for v, (low, high) in spans.items()}
    return {v: _range(max(low, -limits[v]), min(high, limits[v]), reason) for v, (low, high) in spans.items()}


def _range(low: float, high: float, reason: str) -> Range:
    return Range(low=min(low, 0.0), high=max(high, 0.0), reason=reason)


def _extremes(content: bytes, inputs: list[Array], values: list[str]) -> dict[str, tuple[float, float]]:
    found = dict.fromkeys(values, (np.inf, -np.inf))
    for sample, computed in enumerate(_runs(content, inputs, values)):
        for value, array in computed.items():
            if not np.isfinite(array).all():
                raise UnsupportedError(
                    f"{value!r} is NaN or infinite for calibration input {sample}",
                    hint="run the float model on this input; no integer range can hold its result",
                )
            low, high = found[value]
            found[value] = min(low, float(array.min())), max(high, float(array.max()))
    return found


def _histograms(
    content: bytes, inputs: list[Array], spans: Mapping[str, tuple[float, float]], magnitude: bool  # noqa: FBT001 - a child's argument
) -> dict[str, Array]:  # fmt: skip
    counts = {value: np.zeros(BINS, np.int64) for value in spans}
    for computed in _runs(content, inputs, list(spans)):
        for value, (low, high) in spans.items():
            array, span = computed[value].ravel(), (low, high)
            if magnitude:
                array, span = np.abs(array[array != 0]), (0.0, max(-low, high))
            if span[0] < span[1]:
                counts[value] += np.histogram(array, BINS, span)[0]
    return counts


def _runs(content: bytes, inputs: list[Array], values: list[str]) -> Iterator[dict[str, Array]]:
    """Yield the named values after each inference. Graph optimizations are off: they would take values away."""
    import onnx
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    model = onnx.load_model_from_string(content)
    constants = {tensor.name for tensor in model.graph.initializer}
    names = [port.name for port in model.graph.input if port.name not in constants]
    there = {port.name for port in model.graph.output} | set(names)
    model.graph.output.extend(onnx.ValueInfoProto(name=value) for value in values if value not in there)
    options = session_options()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    wanted = [value for value in values if value not in names]
    refusals = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.NotImplemented, state.RuntimeException)
    try:
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        for i in range(len(inputs[0])):
            feed = {name: array[i : i + 1] for name, array in zip(names, inputs, strict=True)}
            computed = dict(zip(wanted, session.run(wanted, feed), strict=True)) if wanted else {}
            yield {value: computed[value] if value in computed else feed[value] for value in values}
    except refusals as error:
        hint = "calibrate with inputs that it takes"
        raise UnsupportedError(f"onnxruntime can't run it: {error}", hint=hint) from None
