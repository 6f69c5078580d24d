from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.layout import Layout
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    value = e.node("DepthToSpace", [e.read(node.inputs[0], Layout.FIRST)], blocksize=node.attrs["block_size"])
    e.write(node.outputs[0], value, Layout.FIRST)


FORM = Form(emit=emit)
