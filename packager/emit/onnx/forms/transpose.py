from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant, integers
from packager.emit.onnx.layout import Layout, storage
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    """Emit nothing where the result is what is there already, in the other layout: models made channels first."""
    data, out = node.inputs[0], node.outputs[0]
    perm, rank = integers(e, node.inputs[1]), len(e.dims(data))
    source = e.layout_of(data)
    held = storage(source, rank)
    orders = {to: [held.index(perm[axis]) for axis in storage(to, rank)] for to in Layout}
    value = e.read(data, source)
    for layout, order in orders.items():
        if order == sorted(order):
            e.write(out, value, layout)
            return
    e.write(out, e.node("Transpose", [value], perm=orders[Layout.NATIVE]))


FORM = Form(emit=emit, problems=constant(1))
