"""What keeps a model from becoming hardware, operator by operator, all of it at once."""

from collections.abc import Iterator

from packager.emit.hls._contract import Op
from packager.emit.hls._layers import find_layer, layer_names
from packager.errors import Diagnostic, Severity, did_you_mean
from packager.ir import DType, Model


def unsupported(model: Model, arithmetic: str = "integer") -> tuple[Diagnostic, ...]:
    """Return an error for each part of `model` that has no template; empty where all of it can be built."""
    return tuple(_found(model, arithmetic))


def _found(model: Model, arithmetic: str) -> Iterator[Diagnostic]:
    if len(model.graphs) > 1:
        yield _error("the model", "it calls subgraphs", "use a model without control flow")
    graph = model.main
    kinds = {graph.type_of(t).dtype for node in graph.nodes for t in node.outputs}
    if kinds and all(kind.is_float for kind in kinds):
        yield _error("the model", "its activations are float", "quantize it to int8: give calibration data")
        return
    for what, tensors in (("input", graph.inputs), ("output", graph.outputs)):
        for t in tensors:
            tensor = graph.tensors[t]
            if tensor.type.dtype not in {DType.INT8, DType.UINT8}:
                yield _error(
                    f"{what} {tensor.name!r}", f"is {tensor.type.dtype}, the FPGA takes int8", f"ask for int8 {what}s"
                )
    if unused := [t for t in graph.inputs if not any(t in node.inputs for node in graph.nodes)]:
        for t in unused:
            yield _error(f"input {graph.tensors[t].name!r}", "is not used", "remove it from the model")
    for index in range(len(graph.nodes)):
        yield from _operator(Op(graph, index, arithmetic=arithmetic))


def _operator(op: Op) -> Iterator[Diagnostic]:
    layer = find_layer(op.node.op)
    if layer is None:
        yield _error(op.where, "has no HLS template", did_you_mean(op.node.display_op, layer_names()))
        return
    if len(op.node.outputs) != 1 and not layer.parts:
        yield _error(op.where, f"has {len(op.node.outputs)} outputs", "its template has one")
        return
    if not op.live:
        yield _error(op.where, "computes what nobody reads", "remove it from the model")
    for problem in layer.problems(op):
        yield _error(op.where, problem.message, problem.hint)


def _error(where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where=where, message=message, hint=hint)
