"""Which nodes of an ONNX graph int8 costs most: each quantized alone, its noise measured in the graph's outputs.

The noises of single nodes add up to that of all of them, nearly, for each is small beside the signal and none knows of
the others; what they miss is made up by one factor, from the graph quantized whole. So one pass over the nodes tells
which few must stay in float for the whole to reach a ratio.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.emit.onnx.own_graph import OwnGraph, quantize_own_graph
from packager.quantize import Range
from packager.util.ort import session_options

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A node that stays in float."""

    name: str
    """Of its result."""
    node: int
    """Its index in the float graph."""
    sqnr_db: float
    """Of the outputs where it alone is quantized."""


def keep_sensitive(
    content: bytes,
    ranges: Mapping[str, Range],
    inputs: Sequence[Array],
    work: Mapping[str, int],
    target_db: float,
    most: float,
) -> list[Kept]:
    """Choose the nodes that stay in float, the noisiest first; in a child, for onnxruntime runs a user's graph.

    Args:
        content: A float graph of static shapes, batch 1.
        ranges: By value, as `quantize_own_graph` takes them.
        inputs: For each input ``[count, ...]``; a handful.
        work: Multiply-accumulates by a node's result.
        target_db: Signal to noise in the outputs from which on nothing more is kept.
        most: Share of all the work that may stay in float.

    Raises:
        UnsupportedError: onnxruntime can't run the graph.
    """
    own = OwnGraph(content)
    nodes = own.graph.node
    names = {nodes[i].output[0]: i for i in own.placed() if nodes[i].op_type != "Add"}
    reference = _outputs(content, inputs)
    signal = sum(float(np.square(output, dtype=np.float64).sum()) for output in reference)
    noise = {}
    for name in names:
        others = frozenset(names) - {name}
        noise[name] = _noise(_outputs(quantize_own_graph(content, ranges, others, False), inputs), reference)  # noqa: FBT003 - weights float behind their pairs: the same numbers
    whole = _noise(_outputs(quantize_own_graph(content, ranges, frozenset(), False), inputs), reference)  # noqa: FBT003 - as above
    scale = whole / sum(noise.values()) if whole else 1.0
    left, kept, worked = whole, [], 0
    for name in sorted(names, key=lambda n: (-noise[n], names[n])):
        if _db(signal, left) >= target_db:
            break
        if worked + work.get(name, 0) > most * sum(work.values()):
            continue
        worked += work.get(name, 0)
        left -= noise[name] * scale
        kept.append(Kept(name=name, node=names[name], sqnr_db=_db(signal, noise[name])))
    return kept


def _noise(outputs: Sequence[Array], reference: Sequence[Array]) -> float:
    return sum(
        float(np.square(a.astype(np.float64) - b).sum()) for a, b in zip(outputs, reference, strict=True)
    )  # fmt: skip


def _db(signal: float, noise: float) -> float:
    return 10 * math.log10(signal / noise) if noise > 0 and signal > 0 else math.inf


def _outputs(content: bytes, inputs: Sequence[Array]) -> list[Array]:
    import onnxruntime as ort

    session = ort.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])
    names = [port.name for port in session.get_inputs()]
    rows = [
        session.run(None, {name: array[i : i + 1] for name, array in zip(names, inputs, strict=True)})
        for i in range(len(inputs[0]))
    ]
    return [np.stack(column) for column in zip(*rows, strict=True)]
