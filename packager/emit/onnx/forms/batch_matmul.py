from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.ir import Node


def emit(e: Emission, node: Node) -> None:
    """Multiply the last two axes; a constant matrix on the right is quantized per column, as weights are."""
    left, right = node.inputs
    first = _transposed(e, e.read_quantized(0, left), left, adjoint=node.attrs["adj_x"])
    if e.is_constant(right) and len(e.dims(right)) == 2:
        second = e.weights(right, (1, 0) if node.attrs["adj_y"] else (0, 1), 1)
    else:
        second = _transposed(e, e.read_quantized(1, right), right, adjoint=node.attrs["adj_y"])
    e.write(node.outputs[0], e.node("MatMul", [first, second]))


def _transposed(e: Emission, value: str, tensor: int, *, adjoint: bool) -> str:
    if not adjoint:
        return value
    rank = len(e.dims(tensor))
    return e.node("Transpose", [value], perm=[*range(rank - 2), rank - 1, rank - 2])


FORM = Form(emit=emit, quantized=(0, 1))
