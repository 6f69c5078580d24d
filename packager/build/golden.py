"""Golden vectors: inputs, what each engine makes of them, and a checksum of every layer."""

import dataclasses
import io
import json
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.bundle import Entry

COUNT = 8
"""Enough to catch a wrong kernel, few enough to sit in flash."""

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GoldenRun:
    """What one engine computed."""

    engine: str
    """``litert-default``, ``numpy-integer``, ``onnxruntime``, ``hls-csim``."""
    outputs: tuple[Array, ...]
    """One array per model output, ``[count, ...]``."""
    runtime: str
    version: str
    resolver: str = ""
    tolerance: float = 0
    """How far an output may lie off, in its own units: 0 for integers."""


def golden_entries(
    inputs: Sequence[Array], runs: Sequence[GoldenRun], layers: Sequence[Mapping[str, Any]]
) -> tuple[Entry, ...]:
    """Return `golden/`: `golden.json`, the inputs and each engine's outputs as `.npy`."""
    entries = []
    index: dict[str, Any] = {"count": len(inputs[0]), "inputs": [], "engines": {}, "layers": list(layers)}
    for i, array in enumerate(inputs):
        index["inputs"].append(f"golden/input_{i}.npy")
        entries.append(_npy(index["inputs"][-1], array))
    for run in runs:
        paths = [f"golden/{run.engine}/output_{i}.npy" for i in range(len(run.outputs))]
        entries += [_npy(path, array) for path, array in zip(paths, run.outputs, strict=True)]
        index["engines"][run.engine] = {
            "outputs": paths,
            "runtime": run.runtime,
            "version": run.version,
            "resolver": run.resolver,
            "instruction_set": platform.machine(),
            "tolerance": run.tolerance,
        }
    text = json.dumps(index, indent=1, sort_keys=True) + "\n"
    return (Entry(path="golden/golden.json", content=text.encode(), role="golden"), *entries)


def _npy(path: str, array: Array) -> Entry:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return Entry(path=path, content=buffer.getvalue(), role="golden")
