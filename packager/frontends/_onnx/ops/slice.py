import numpy as np

from packager.frontends._onnx.graph import Array, OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to STRIDED_SLICE with explicit ends."""
    x, name = to.value(node.inputs[0]), node.outputs[0]
    x = to.plain(x) if x.layout.image else x
    begin, end, step = [0] * x.rank, list(x.stored), [1] * x.rank
    starts, ends = _vector(to, node, 1, "starts"), _vector(to, node, 2, "ends")
    assert starts is not None
    assert ends is not None
    axes, steps = _vector(to, node, 3, "axes"), _vector(to, node, 4, "steps")
    axes = np.arange(len(starts)) if axes is None else axes
    steps = np.ones(len(starts), np.int64) if steps is None else steps
    for axis, first, last, by in zip(axes, starts, ends, steps, strict=True):
        if by < 1:
            raise UnloweredError("backwards")
        at = x.axis(int(axis))
        begin[at], end[at], step[at] = *slice(int(first), int(last)).indices(x.stored[at])[:2], int(by)
    inputs = [x.tensor, to.ints(*begin), to.ints(*end), to.ints(*step)]
    to.emit("STRIDED_SLICE", inputs, name, x.layout, non_negative=x.non_negative, options="StridedSliceOptions")


def _vector(to: Lowering, node: OnnxNode, index: int, key: str) -> Array | None:
    """Return a parameter: an attribute before opset 10, an input since."""
    if to.graph.opset < 10:
        return np.asarray(node.attrs[key]) if key in node.attrs else None
    given = to.optional(node, index)
    return None if given is None else given.reshape(-1)
