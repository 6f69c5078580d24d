"""What a model or bundle holds, without building anything: operators, shapes, types, quantization, sizes."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packager.bundle import MANIFEST, FileRecord, read_manifest
from packager.errors import Diagnostic
from packager.figure import Place
from packager.frontends import Source
from packager.ir import ABSENT, Graph, Tensor
from packager.plan.cost import cost_of
from packager.plan.edgetpu_executable import CompiledModel, read_compiled
from packager.plan.edgetpu_pipeline import Pipeline, Shared
from packager.report._codec import encode
from packager.report.layers import layers_of, ports_of
from packager.report.load import REPORT, load_report
from packager.report.model import Port, Report
from packager.report.placement import Placement


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Operand:
    """A tensor as one operator sees it."""

    name: str
    type: str
    shape: tuple[int, ...]
    """-1 for each open dimension."""
    constant: bool
    scale: tuple[float, ...]
    """One, or one per channel; empty where it is not quantized."""
    zero_point: tuple[int, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """One operator of the file."""

    index: int
    name: str
    op: str
    version: int
    bytes: int
    macs: int
    placement: Place | None
    """None where no target was named."""
    reason: str
    inputs: tuple[Operand, ...]
    outputs: tuple[Operand, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    name: str
    format: str
    bytes: int
    sha256: str
    operators: int
    params: int
    macs: int
    constant_bytes: int
    subgraphs: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ModelInspection:
    facts: Facts
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    operators: tuple[Operator, ...]
    findings: tuple[Diagnostic, ...]
    compiled: CompiledModel | None = None
    """What the Edge TPU compiler made of it, where it is a compiled file."""
    pipeline: Pipeline | None = None
    """Over several Edge TPUs, where that was asked."""
    shared: tuple[Shared, ...] = ()
    """With others on one Edge TPU, where that was asked."""

    def to_dict(self) -> dict[str, Any]:
        """As `inspect --json` prints it."""
        compiled = {"edgetpu": _compiled_facts(self.compiled)} if self.compiled else {}
        pipeline = {"pipeline": encode(self.pipeline)} if self.pipeline else {}
        shared = {"shared": encode(self.shared)} if self.shared else {}
        return {
            **compiled,
            **pipeline,
            **shared,
            "model": encode(self.facts),
            "inputs": encode(self.inputs),
            "outputs": encode(self.outputs),
            "layers": encode(self.operators),
            "diagnostics": encode(self.findings),
        }


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BundleInspection:
    report: Report
    files: tuple[FileRecord, ...]
    """As the manifest lists them; empty for an archive, which `edgepack verify` opens."""

    def to_dict(self) -> dict[str, Any]:
        """As `inspect --json` prints it."""
        report = self.report.to_dict()
        model = report["model"]
        return {
            "model": model,
            "inputs": model.pop("inputs"),
            "outputs": model.pop("outputs"),
            "layers": report["layers"],
            "target": report["target"],
            "files": encode(self.files),
        }


def is_bundle(path: Path) -> bool:
    """Whether a path is a bundle's folder or archive rather than a model."""
    if path.is_dir():
        return (path / MANIFEST).is_file() or (path / REPORT).is_file()
    return path.name.endswith((".tar.gz", ".tgz"))


def inspect_bundle(path: Path) -> BundleInspection:
    """Read a bundle's report and list of files; raises as `load_report`."""
    files = read_manifest(path).files if path.is_dir() else ()
    return BundleInspection(report=load_report(path), files=files)


def inspect_model(source: Source, placement: Placement | None = None) -> ModelInspection:
    """Describe a model that was read, with a place for each operator where a target was named."""
    model, graph = source.model, source.model.main
    cost = cost_of(model)
    special = placement.special if placement else {}
    layers = layers_of(model, default=placement.default if placement else Place.UNCERTAIN, placements=special)
    operators = tuple(
        Operator(
            index=layer.index,
            name=layer.name,
            op=layer.op,
            version=node.version,
            bytes=layer.bytes,
            macs=layer.macs,
            placement=layer.placement if placement else None,
            reason=layer.reason,
            inputs=_operands(graph, node.inputs),
            outputs=_operands(graph, node.outputs),
        )
        for layer, node in zip(layers, graph.nodes, strict=True)
    )
    return ModelInspection(
        facts=Facts(
            name=source.path.name,
            format=source.format,
            bytes=source.bytes,
            sha256=source.sha256,
            operators=len(operators),
            params=cost.params,
            macs=cost.macs,
            constant_bytes=cost.constant_bytes,
            subgraphs=len(model.graphs),
        ),
        inputs=ports_of(graph, graph.inputs),
        outputs=ports_of(graph, graph.outputs),
        operators=operators,
        findings=(*source.notes, *cost.diagnostics(), *(placement.findings if placement else ())),
        compiled=read_compiled(model),
    )


def _compiled_facts(compiled: CompiledModel) -> dict[str, Any]:
    return {
        "cached_bytes": compiled.cached_bytes,
        "streamed_bytes": compiled.streamed_bytes,
        "min_runtime": compiled.min_runtime,
        "left_on_cpu": list(compiled.left),
        "packages": [
            {
                "index": package.index,
                "compiler": package.compiler,
                "caching_token": f"{package.caching_token:016x}",
                "executables": [{"kind": e.kind.name, "bytes": e.parameter_bytes} for e in package.executables],
            }
            for package in compiled.packages
        ],
    }


def _operands(graph: Graph, indices: Iterable[int]) -> tuple[Operand, ...]:
    return tuple(_operand(graph.tensors[i]) for i in indices if i != ABSENT)


def _operand(tensor: Tensor) -> Operand:
    quant = tensor.type.quant
    return Operand(
        name=tensor.name,
        type=tensor.type.dtype.value,
        shape=tensor.type.signature or tensor.type.dims,
        constant=tensor.is_constant,
        scale=quant.scale if quant else (),
        zero_point=quant.zero_point if quant else (),
    )
