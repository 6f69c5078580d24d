from collections.abc import Iterable, Iterator

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant, integers
from packager.emit.onnx.forms._slice import cut
from packager.ir import Graph, Node
from packager.ops.strided_slice import span_of


def problems(graph: Graph, node: Node) -> Iterable[str]:
    yield from constant(1, 2, 3)(graph, node)
    for option in ("ellipsis_mask", "new_axis_mask", "offset"):
        if node.attrs[option]:
            yield f"its option {option!r} has no ONNX form"


def emit(e: Emission, node: Node) -> None:
    cut(e, node, list(_spans(e, node)), drops_axes=bool(node.attrs["shrink_axis_mask"]))


def _spans(e: Emission, node: Node) -> Iterator[slice]:
    """Yield the elements taken of each axis; axes behind the last given are taken whole."""
    begins, ends, strides = (integers(e, t) for t in node.inputs[1:4])
    dims = e.dims(node.inputs[0])
    for axis, size in enumerate(dims):
        if axis >= len(begins):
            yield slice(0, size, 1)
            continue
        span = span_of(node.attrs, axis, size, begins[axis], ends[axis], strides[axis])
        yield slice(*span.indices(size))


FORM = Form(emit=emit, problems=problems)
