from collections.abc import Iterable

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Graph, Node


def problems(graph: Graph, node: Node) -> Iterable[str]:  # noqa: ARG001 - the signature of Form.problems
    if node.attrs["batch_dims"]:
        yield "ONNX's Gather has no batch dimensions"


def emit(e: Emission, node: Node) -> None:
    data, indices = node.inputs
    axis = node.attrs["axis"] % len(e.dims(data))
    e.write(node.outputs[0], e.node("Gather", [e.read(data), e.read(indices)], axis=axis))


FORM = Form(emit=emit, problems=problems)
