"""What the Edge TPU compiler will do with a model, operator by operator, told before it runs.

The compiler walks the graph as TFLite hands it to a delegate: operators that can map and those that can't take turns in
epochs, each as large as the data dependencies allow, and only the first epoch of the TPU becomes its subgraph.
`docs/coral.md` scores this against what the real compiler did with 30 public models.
"""

import dataclasses
from collections.abc import Iterator, Sequence

from packager.config.edgetpu import EdgeTpuCompiler, EdgeTpuOp
from packager.errors import Diagnostic, Severity
from packager.figure import Basis, Figure, Place
from packager.ir import ABSENT, DType, Graph, Model, Node
from packager.plan._edgetpu_rules import Finding, Status, Subject, rule_named
from packager.plan.edgetpu_executable import CUSTOM_OP

EIGHT_BIT = (DType.INT8, DType.UINT8)
_TYPED = ("DEQUANTIZE", "CUSTOM")
"""Operators beside the compiler's own that its logs blame for their type: TFLite_Detection_PostProcess reads floats."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Where one operator will run."""

    place: Place
    status: Status
    """In the compiler's own words."""
    why: str = ""
    """The condition that decides, where one is known."""

    @property
    def reason(self) -> str:
        return f"{self.status}: {self.why}" if self.why else str(self.status)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    verdicts: tuple[Verdict, ...]
    """One per operator of the main graph, in its order."""
    compiler: str

    def count(self, place: Place) -> int:
        return sum(v.place is place for v in self.verdicts)

    def figures(self) -> tuple[Figure, ...]:
        mapped, open_ = self.count(Place.TPU), self.count(Place.UNCERTAIN)
        source = f"rules of edgetpu_compiler {self.compiler}; the compiler was not run"
        return (
            Figure(name="edgetpu.ops_total", value=len(self.verdicts), unit="1", basis=Basis.ESTIMATED, source=source),
            Figure(
                name="edgetpu.ops_mapped",
                value=mapped,
                unit="1",
                basis=Basis.ESTIMATED,
                source=source,
                low=mapped if open_ else None,
                high=mapped + open_ if open_ else None,
            ),
        )


def predict_mapping(model: Model, compiler: EdgeTpuCompiler) -> Mapping:
    """Say for each operator of the main graph whether it maps, and why not."""
    graph = model.main
    findings = [_finding(graph, node, compiler) for node in graph.nodes]
    likely = _first_epoch(graph, [f is None or f.likely_maps for f in findings])
    possible = _first_epoch(graph, [f is None or not f.certain for f in findings])
    verdicts = (_verdict(finding, i in (likely if finding is None else possible)) for i, finding in enumerate(findings))
    return Mapping(verdicts=tuple(verdicts), compiler=compiler.version)


def refusals(model: Model, compiler: EdgeTpuCompiler) -> Iterator[Diagnostic]:
    """Yield what makes the compiler refuse the whole file, in its words, with what to do."""
    graph = model.main
    if any(node.custom_code == CUSTOM_OP for node in graph.nodes):
        yield Diagnostic(
            severity=Severity.ERROR,
            message="the model is compiled for the Edge TPU already",
            hint="give the model that it was compiled from; `edgepack inspect` reads the compiled one",
        )
        return
    yield from _unparsable(graph, compiler)
    # A dynamic batch compiles, as public pairs show: the compiler takes the 1 that stands in the shape.
    dynamic = [t for t in graph.activations() if any(axis > 0 for axis in graph.type_of(t).dynamic_dims)]
    if dynamic:
        yield Diagnostic(
            severity=Severity.ERROR,
            where=f"tensor {graph.tensors[dynamic[0]].name!r}",
            message="Attempting to use a delegate that only supports static-sized tensors with a graph that has "
            f"dynamic-sized tensors: {len(dynamic)} of them",
            hint="give every input a fixed shape with --input-shape",
        )
    if not any(graph.type_of(t).dtype in EIGHT_BIT for t in graph.activations()):
        yield Diagnostic(
            severity=Severity.ERROR,
            message="Model not quantized: no activation is int8 or uint8",
            hint="build with an int8 recipe; the Edge TPU computes in 8-bit integers only",
        )


def _unparsable(graph: Graph, compiler: EdgeTpuCompiler) -> Iterator[Diagnostic]:
    for i, node in enumerate(graph.nodes):
        newest = compiler.max_versions.get(node.op, 0)
        if node.op == "CUSTOM" or node.version <= newest:
            continue
        older = f"write it as version {newest} or older" if newest else "express it by older operators"
        dense = node.op == "FULLY_CONNECTED" and newest < node.version
        yield Diagnostic(
            severity=Severity.ERROR,
            where=graph.where(i),
            message=f"Didn't find op for builtin opcode '{node.op}' version '{node.version}': "
            f"compiler {compiler.version} can't parse the model",
            hint=f"{older}; a per-tensor recipe does" if dense else older,
        )


def _verdict(finding: Finding | None, inside: bool) -> Verdict:  # noqa: FBT001 - private, and the callers say it
    if finding is None and inside:
        return Verdict(place=Place.TPU, status=Status.MAPPED)
    if finding is None or (not finding.certain and not inside):
        return Verdict(place=Place.CPU, status=Status.SECOND_SUBGRAPH, why="an operator before it runs on the CPU")
    return Verdict(place=Place.CPU if finding.certain else Place.UNCERTAIN, status=finding.status, why=finding.why)


def _first_epoch(graph: Graph, may_map: Sequence[bool]) -> set[int]:
    """Indices of the operators in the first epoch of the TPU, as TFLite partitions a graph for a delegate."""
    makers = graph.producers()
    waits = [{makers[t] for t in node.inputs if t in makers} for node in graph.nodes]
    done: set[int] = set()
    rest = list(range(len(graph.nodes)))
    while rest:
        first = next(i for i in rest if waits[i] <= done)
        epoch = _epoch(rest, waits, done, [m is may_map[first] for m in may_map])
        if may_map[first]:
            return epoch
        done |= epoch
        rest = [i for i in rest if i not in epoch]
    return set()


def _epoch(rest: Sequence[int], waits: Sequence[set[int]], done: set[int], same: Sequence[bool]) -> set[int]:
    """Every operator of one kind that needs only what is done; nodes are in execution order, so one pass finds all."""
    ready = set(done)
    for i in rest:
        if same[i] and waits[i] <= ready:
            ready.add(i)
    return ready - done


def _finding(graph: Graph, node: Node, compiler: EdgeTpuCompiler) -> Finding | None:
    known = compiler.ops.get(node.op)
    types = [graph.type_of(t) for t in _data(graph, node)]
    if (known or node.op in _TYPED) and any(t.dtype not in EIGHT_BIT for t in types):
        # The compiler's word for a float QUANTIZE differs from the one for every other float operator.
        status = Status.UNSPECIFIED if node.op == "QUANTIZE" else Status.DATA_TYPE
        odd = next(t.dtype for t in types if t.dtype not in EIGHT_BIT)
        return Finding(status=status, why=f"it works on {odd}")
    if known is None:
        return Finding(status=Status.UNSUPPORTED, why=f"{node.display_op} is not among the compiler's operators")
    if any(size > 1 for t in types for size in t.dims[:-3]):
        widest = max((t.dims for t in types), key=len)
        return Finding(status=Status.RANK, why=f"a tensor is {'x'.join(map(str, widest))}")
    return _condition(graph, node, known, compiler)


def _condition(graph: Graph, node: Node, known: EdgeTpuOp, compiler: EdgeTpuCompiler) -> Finding | None:
    for position in known.constant_inputs:
        t = node.inputs[position] if position < len(node.inputs) else ABSENT
        if t != ABSENT and not graph.tensors[t].is_constant:
            return Finding(status=Status.NOT_CONSTANT, why=f"{graph.tensors[t].name!r} is computed")
    if known.refused_version is not None and node.version >= known.refused_version:
        return Finding(status=Status.VERSION, why=f"version {node.version}; up to {known.mapped_version} maps")
    subject = Subject(graph=graph, node=node, limits=compiler.limits)
    for rule in known.rules:
        if found := rule_named(rule)(subject):
            return found
    if node.version > known.mapped_version:
        why = f"version {node.version} was never seen; up to {known.mapped_version} maps"
        return Finding(status=Status.VERSION, why=why, certain=False, likely_maps=True)
    return None


def _data(graph: Graph, node: Node) -> Iterator[int]:
    """The operator's activations: what it computes, and of its inputs those that are neither constant nor state."""
    yield from node.outputs
    for t in node.inputs:
        if t != ABSENT and not graph.tensors[t].is_constant and not graph.tensors[t].is_variable:
            yield t
