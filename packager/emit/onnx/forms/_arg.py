from collections.abc import Callable

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._parameters import integers
from packager.ir import DType, Node


def arg(op: str) -> Callable[[Emission, Node], None]:
    """Return an emitter of the place of an extreme value; the first of several, in both."""

    def emit(e: Emission, node: Node) -> None:
        data, out = node.inputs[0], node.outputs[0]
        axis = integers(e, node.inputs[1])[0] % len(e.dims(data))
        value = e.node(op, [e.read(data)], axis=axis, keepdims=0)
        dtype = e.graph.type_of(out).dtype
        e.write(out, value if dtype is DType.INT64 else e.cast(value, dtype.value))

    return emit
