"""The layers of a Jetson's int8 model that stay in float16, chosen by what each one costs the outputs."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy.typing as npt

from packager.config.recipe import Sensitivity
from packager.emit.onnx.sensitivity import Kept, keep_sensitive
from packager.errors import Diagnostic, Severity
from packager.plan.onnx_cost import onnx_cost
from packager.plan.onnx_graph import onnx_graph
from packager.quantize import Range
from packager.util.child import call

Array = npt.NDArray[Any]
_LEAST, _MOST = 4, 128
"""Calibration inputs that each layer's cost is measured on. A classifier that is sure of an input shows no noise on it,
so a handful tells little; a large network affords no more."""
_EFFORT = 200_000_000_000
"""Multiply-accumulates that the measurement may take beyond the least inputs: some tens of seconds of one core."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sensitive:
    kept: tuple[Kept, ...]
    notes: tuple[Diagnostic, ...]


def sensitive(content: bytes, ranges: Mapping[str, Range], inputs: Sequence[Array], how: Sensitivity) -> Sensitive:
    """Return the nodes of a float graph that a recipe's `sensitivity` keeps out of int8, with a note for each.

    Args:
        content: The file, batch 1, shapes static.
        ranges: By value, of `calibrate_onnx`.
        inputs: Calibration inputs in the graph's layout, ``[count, ...]`` each.
        how: Of the recipe.
    """
    work: dict[str, int] = call(_work, content)
    one_input = sum(work.values()) * max(sum(macs > 0 for macs in work.values()), 1)
    count = min(max(_EFFORT // max(one_input, 1), _LEAST), _MOST)
    few = [array[:count] for array in inputs]
    kept: list[Kept] = call(keep_sensitive, content, dict(ranges), few, work, how.target_db, how.most)
    notes = [
        Diagnostic(
            severity=Severity.NOTE,
            where=f"node of {found.name!r}",
            message=f"stays in float16: int8 in it alone leaves {found.sqnr_db:.1f} dB signal to noise in the outputs",
        )
        for found in kept
    ]
    if not kept:
        message = f"no layer stays in float16: int8 leaves {how.target_db:g} dB in the outputs as it is"
        notes.append(Diagnostic(severity=Severity.NOTE, message=message))
    return Sensitive(kept=tuple(kept), notes=tuple(notes))


def _work(content: bytes) -> dict[str, int]:
    """Multiply-accumulates by a node's first result."""
    graph = onnx_graph(content)
    return {graph.nodes[row.cost.index].outputs[0].name: row.cost.macs for row in onnx_cost(graph)}
