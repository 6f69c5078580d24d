"""TensorRT: every operator that has an ONNX form which the board's parser takes. TensorRT itself was not asked."""

from collections.abc import Iterator

from packager.config.profile import Profile, TensorRt
from packager.emit.onnx import MIN_OPSET, translate, unsupported
from packager.figure import Place
from packager.ir import Model
from packager.plan.dla import Offload, offload
from packager.plan.onnx_graph import OnnxGraph, onnx_graph
from packager.plan.tensorrt import check_onnx
from packager.quantize.dequantize import dequantize
from packager.quantize.kind import Kind, kind_of
from packager.report.placement import Placement, unless_refused

_GLUE = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity")
"""Nodes that stand between operators, and say nothing of the operator they were made for."""


def place(model: Model, profile: Profile) -> Placement:
    assert profile.tensorrt is not None, "a profile of the family has the table"
    refused = unless_refused(model.main, Place.GPU, unsupported(model))
    kind = kind_of(model)
    if refused.special or refused.findings or kind is Kind.HALF:
        return refused
    floats = dequantize(model)[0] if kind is Kind.INTEGER else model
    kept = [i for i, node in enumerate(model.main.nodes) if floats is model or not _is_dropped(model, i)]
    emitted = translate(floats, None, opset=MIN_OPSET, quantize=False)
    graph, made = onnx_graph(emitted.content), [kept[o] if o >= 0 else -1 for o in emitted.origins]
    special = dict(_offloads(graph, made, profile.tensorrt))
    findings = []
    for found in check_onnx(graph, profile.tensorrt.version):
        if (operator := made[found.node]) < 0:
            findings.append(found.diagnostic)
        elif special.get(operator, (Place.GPU,))[0] is Place.GPU:
            special[operator] = (Place.UNCERTAIN, found.diagnostic.message)
    return Placement(default=Place.GPU, special=special, findings=tuple(findings))


def _is_dropped(model: Model, index: int) -> bool:
    """Conversions at the edges, which a float graph does not have."""
    node = model.main.nodes[index]
    return node.op in ("QUANTIZE", "DEQUANTIZE") and not model.main.tensors[node.inputs[0]].is_constant


def _offloads(graph: OnnxGraph, made: list[int], trt: TensorRt) -> Iterator[tuple[int, tuple[Place, str]]]:
    """Yield what the DLA would make of each operator, where the board has one; without a flag all run on the GPU."""
    if not trt.dla_cores:
        return
    by_operator: dict[int, list[Offload]] = {}
    for node, operator, verdict in zip(
        graph.nodes, made, offload(graph, trt.version, trt.compute_capability), strict=True
    ):
        if node.op not in _GLUE:
            by_operator.setdefault(operator, []).append(verdict)
    for operator, verdicts in by_operator.items():
        yield operator, (Place.GPU, str(min(verdicts, key=_goodness)))


def _goodness(verdict: Offload) -> int:
    return {False: 0, None: 1, True: 2}[verdict.takes]
