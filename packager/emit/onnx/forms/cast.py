from collections.abc import Iterable, Sequence

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._elementwise import unary
from packager.ir import Graph, Node


def problems(graph: Graph, node: Node) -> Iterable[str]:
    dtype = graph.type_of(node.outputs[0]).dtype
    if dtype.numpy is None:
        yield f"ONNX has no type {dtype.value}"


def compute(e: Emission, node: Node, values: Sequence[str]) -> str:
    return e.cast(values[0], e.graph.type_of(node.outputs[0]).dtype.value)


FORM = Form(emit=unary(compute), problems=problems)
