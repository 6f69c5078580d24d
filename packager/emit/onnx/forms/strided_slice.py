from collections.abc import Iterable, Iterator

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._parameters import constant, integers
from packager.emit.onnx.forms._slice import cut
from packager.ir import Graph, Node


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
        bit = 1 << axis
        if node.attrs["shrink_axis_mask"] & bit:
            first = begins[axis] % size
            yield slice(first, first + 1, 1)
            continue
        begin = None if node.attrs["begin_mask"] & bit else begins[axis]
        end = None if node.attrs["end_mask"] & bit else ends[axis]
        yield slice(*slice(begin, end, strides[axis]).indices(size))


FORM = Form(emit=emit, problems=problems)
