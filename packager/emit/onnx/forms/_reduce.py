from collections.abc import Callable

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._parameters import integers
from packager.emit.onnx.layout import Layout
from packager.ir import Node


def reduce(op: str) -> Callable[[Emission, Node], None]:
    """Return an emitter of a reduction over constant axes."""

    def emit(e: Emission, node: Node) -> None:
        data, out = node.inputs[0], node.outputs[0]
        rank = len(e.dims(data))
        axes = sorted({a % rank for a in integers(e, node.inputs[1])})
        if not axes:
            e.write(out, e.read(data))
            return
        layout = e.layout_of(data)
        if op == "ReduceMean" and rank == 4 and axes == [1, 2]:
            # TensorRT has int8 kernels for pooling, none for a reduction.
            layout = Layout.FIRST
            value = e.node("GlobalAveragePool", [e.read_quantized(0, data, layout)])
        else:
            value = e.reduce(op, e.read(data, layout), sorted(e.axis(data, a, layout) for a in axes))
        if node.attrs["keep_dims"]:
            e.write(out, value, layout)
        else:
            # With the reduced axes gone, what is left of channels first is native order only if the channels are
            # alone; the axes of size 1 tell nothing, so the order is settled before they go.
            e.write(out, _drop(e, value, data, out, axes, layout))

    return emit


def _drop(e: Emission, value: str, data: int, out: int, axes: list[int], layout: Layout) -> str:
    dims = tuple(1 if a in axes else size for a, size in enumerate(e.dims(data)))
    if layout is Layout.FIRST and sum(size > 1 for size in dims[1:]) > 1:
        rank = len(dims)
        value = e.node("Transpose", [value], perm=[0, *range(2, rank), 1])
    return e.reshape(value, e.dims(out))
