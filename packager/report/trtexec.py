"""What `trtexec` measured on a device: the JSON files of its `--exportTimes` and `--exportProfile`.

The fields are those that trtexec writes since TensorRT 8.0: samples/common/sampleReporting.cpp of its repository.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from packager.errors import ConfigError
from packager.figure import Basis, Figure
from packager.report._codec import loads

_PERCENTILES = (50, 95, 99)
_AGAIN = "give the file of trtexec's --exportTimes or --exportProfile, as runtime/benchmark.sh writes them"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EngineLayer:
    """One layer of an engine, which TensorRT may have made of several operators."""

    name: str
    average_ms: float
    share: float
    """Of the whole engine's time, in percent."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Export:
    """One file: either times of whole inferences or a profile of layers."""

    figures: tuple[Figure, ...] = ()
    layers: tuple[EngineLayer, ...] = ()
    """Slowest first."""


def read_export(path: Path, *, target: str) -> Export:
    """Read one file; which of the two it is, is seen from what it holds.

    Latency is what trtexec calls so: copy to the GPU, computation and copy back of one inference.

    Raises:
        ConfigError: no such file, or not one of the two.
    """
    try:
        rows = loads(path.read_bytes(), source=str(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check the path") from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
        raise ConfigError(f"{path}: no list of trtexec's", hint=_AGAIN)
    if "latencyMs" in rows[0]:
        return Export(figures=_figures([_times(row, path) for row in rows], target))
    if "count" in rows[0]:
        layers = [_layer(row, path) for row in rows[1:]]
        return Export(layers=tuple(sorted(layers, key=lambda layer: -layer.average_ms)))
    raise ConfigError(f"{path}: neither times nor a profile", hint=_AGAIN)


def _times(row: dict[str, Any], path: Path) -> tuple[float, float, float]:
    """When an inference was enqueued, when its outputs were there, and its latency, in ms."""
    return _number(row, "startEnqMs", path), _number(row, "endD2hMs", path), _number(row, "latencyMs", path)


def _figures(times: list[tuple[float, float, float]], target: str) -> tuple[Figure, ...]:
    starts, ends, latencies = np.array(times).T
    source = f"trtexec, {len(times)} inferences"
    found = [
        Figure(name=f"latency.p{p}.ms", value=float(ms), unit="ms", basis=Basis.MEASURED, source=source, on=target)
        for p, ms in zip(_PERCENTILES, np.percentile(latencies, _PERCENTILES), strict=True)
    ]
    span = float(ends.max() - starts.min())
    if span > 0:
        rate = len(times) / span * 1000
        name = "throughput.per_second"
        found.append(Figure(name=name, value=rate, unit="1/s", basis=Basis.MEASURED, source=source, on=target))
    return tuple(found)


def _layer(row: dict[str, Any], path: Path) -> EngineLayer:
    if not isinstance(row.get("name"), str):
        raise ConfigError(f"{path}: a layer without a name", hint=_AGAIN)
    return EngineLayer(
        name=row["name"], average_ms=_number(row, "averageMs", path), share=_number(row, "percentage", path)
    )


def _number(row: dict[str, Any], key: str, path: Path) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise ConfigError(f"{path}: {key!r} is no time: {value!r}", hint=_AGAIN)
    return float(value)
