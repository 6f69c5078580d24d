from collections.abc import Iterable

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._pad import pad
from packager.emit.onnx.forms._parameters import constant
from packager.ir import Graph, MirrorMode, Node


def problems(graph: Graph, node: Node) -> Iterable[str]:
    yield from constant(1)(graph, node)
    if node.attrs["mode"] != MirrorMode.REFLECT:
        yield "ONNX mirrors without the edge only (mode REFLECT)"


def emit(e: Emission, node: Node) -> None:
    pad(e, node, "reflect", list)


FORM = Form(emit=emit, problems=problems)
