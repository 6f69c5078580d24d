from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    out = node.outputs[0]
    axis = node.attrs["axis"] % len(e.dims(out))
    dims = (*e.dims(out)[:axis], 1, *e.dims(out)[axis + 1 :])
    values = [e.flat(tensor, dims) for tensor in node.inputs]
    e.write(out, e.node("Concat", values, axis=axis))


FORM = Form(emit=emit)
