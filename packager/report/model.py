"""What a report holds, and `report.json`: the one document that HTML, Markdown, gate and comparison read."""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

from packager.errors import ConfigError, Diagnostic, IntegrityError
from packager.figure import Curve, Figure, Layer, LayerCost, Table
from packager.report._codec import decode, dumps, encode, loads

SCHEMA = 1
"""Raised when a key changes its meaning or goes away; a new key leaves it."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Port:
    """An input or output of the model."""

    name: str
    type: str
    """``int8``."""
    shape: tuple[int, ...]
    scale: float | None = None
    zero_point: int | None = None
    """Of a quantized one: real = scale * (integer - zero point)."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ModelFacts:
    """The model as it was given, with the inputs and outputs that the device sees."""

    name: str
    format: str
    """The front end that read it: ``tflite``, ``keras``."""
    sha256: str
    bytes: int
    inputs: tuple[Port, ...] = ()
    outputs: tuple[Port, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TargetFacts:
    name: str
    title: str
    family: str
    arithmetic: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OpScheme:
    """What quantization did to one operator of the float graph, and why."""

    index: int
    where: str
    scheme: str
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TensorRange:
    """The real values that a tensor's integers cover, and how that was decided."""

    tensor: str
    low: float
    high: float
    reason: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Quantization:
    engine: str
    ops: tuple[OpScheme, ...] = ()
    ranges: tuple[TensorRange, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CompressionStep(Table):
    """One step of compression: what it did to each layer, and what it cost the float model."""

    step: str
    title: str
    summary: str
    metric: str
    """``accuracy``, ``agreement`` (both in percent) or ``sqnr`` (in dB)."""
    unit: str
    before: float
    after: float
    loss: float
    """Distillation loss against the original, after it."""
    curves: tuple[Curve, ...] = ()
    layers: tuple[LayerCost, ...] = ()
    """What it cost layer by layer, in the order of the graph; none of a step that changes no weights."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Compression:
    scored: str
    """The inputs that `before` and `after` were measured on."""
    steps: tuple[CompressionStep, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class MemoryRow:
    """Where one tensor lies in the arena, from the first operator that writes it to the last that reads it."""

    tensor: str
    offset: int
    bytes: int
    first: int
    """Operator index; -1 for an input of the model, which is there before the first operator."""
    last: int
    """Operator index, inclusive."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    arena_bytes: int
    lower_bound_bytes: int
    """The largest sum of the tensors alive at once: no plan can need less."""
    rows: tuple[MemoryRow, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class GoldenEngine:
    """Who computed one set of expected outputs in `golden/`."""

    engine: str
    """``litert``, ``onnxruntime``, ``hls``, ``c``."""
    version: str
    detail: str = ""
    """Resolver, arithmetic, instruction set."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    name: str
    version: str


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """All that is known of one bundle."""

    model: ModelFacts
    target: TargetFacts
    recipe: str
    trusted: bool
    """False where calibration inputs were random: accuracy and ranges then mean nothing."""
    figures: tuple[Figure, ...]
    """A name may come twice: measured here, estimated for the target. `source` and `basis` tell them apart."""
    layers: tuple[Layer, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    quantization: Quantization | None = None
    """None where the source was quantized already."""
    compression: Compression | None = None
    """None where no step was asked for; dead channels go without one."""
    memory: Memory | None = None
    golden: tuple[GoldenEngine, ...] = ()
    tools: tuple[Tool, ...] = ()

    schema: ClassVar[int] = SCHEMA

    def to_dict(self) -> dict[str, Any]:
        """`report.json` as plain values. What has no order of its own is sorted.

        Raises:
            IntegrityError: a figure is not finite or lies outside its band.
        """
        for problem in problems(self):
            raise IntegrityError(f"report: {problem}", hint="this is a fault of EdgePack's; please report it")
        return {"schema": SCHEMA, **encode(self.ordered())}

    def ordered(self) -> "Report":
        """The same report with what has no order of its own sorted: figures, golden engines, tools."""
        return dataclasses.replace(
            self,
            figures=tuple(sorted(self.figures, key=lambda f: (f.name, f.basis, f.on, f.source, f.value))),
            golden=tuple(sorted(self.golden, key=lambda g: (g.engine, g.version, g.detail))),
            tools=tuple(sorted(self.tools, key=lambda t: (t.name, t.version))),
        )

    def to_json(self) -> bytes:
        """Return `report.json`, the same bytes for equal reports; raises as `to_dict`."""
        return dumps(self.to_dict())

    @classmethod
    def from_json(cls, content: bytes, *, source: str = "report.json") -> "Report":
        """Read `report.json`; `source` names the file in errors.

        Raises:
            IntegrityError: it is damaged; the message has the key.
            ConfigError: it is of a schema that this version does not know.
        """
        document = loads(content, source=source)
        schema = document.get("schema") if isinstance(document, dict) else None
        if isinstance(schema, int) and not isinstance(schema, bool) and schema != SCHEMA:
            raise ConfigError(f"{source}: report schema {schema}, not {SCHEMA}", hint="use the EdgePack that wrote it")
        if schema is None:
            raise IntegrityError(f"{source}: missing 'schema'", hint="the file is damaged or not a report")
        report = decode(cls, document, source=source)
        for problem in problems(report):
            raise IntegrityError(f"{source}: {problem}", hint="the file is damaged")
        return report

    def named(self, name: str) -> tuple[Figure, ...]:
        """Every figure of that name."""
        return tuple(f for f in self.figures if f.name == name)


def _compression_problems(compression: "Compression | None") -> Iterator[str]:
    for i, step in enumerate(compression.steps if compression else ()):
        if any(len(row) != len(step.columns) for row in step.rows):
            yield f"compression.steps[{i}] has a row that is not as long as its columns"
        for curve in step.curves:
            if not len(curve.at) == len(curve.losses) == len(curve.values) > 0:
                yield f"compression.steps[{i}] has a curve of {curve.layer!r} whose points don't match"


def problems(report: Report) -> Iterator[str]:
    """Say what the types allow and a gate must not meet: bands without their value, negative sizes, infinity."""
    for i, figure in enumerate(report.figures):
        values = [v for v in (figure.low, figure.value, figure.high) if v is not None]
        if not all(float("-inf") < v < float("inf") for v in values):
            yield f"figures[{i}] {figure.name!r} is not finite: {values}"
        elif values != sorted(values):
            yield f"figures[{i}] {figure.name!r} lies outside its band: {values}"
    yield from _compression_problems(report.compression)
    for i, layer in enumerate(report.layers):
        if layer.bytes < 0 or layer.macs < 0:
            yield f"layers[{i}] {layer.name!r} has a negative size"
        if not all(v is None or float("-inf") < v < float("inf") for v in (layer.latency_ms, layer.sqnr_db)):
            yield f"layers[{i}] {layer.name!r} has a figure that is not finite"
    for i, row in enumerate(report.memory.rows if report.memory else ()):
        if row.offset < 0 or row.bytes < 0 or row.last < row.first:
            yield f"memory.rows[{i}] {row.tensor!r} is no block of memory"
