"""Reductions over axes."""

from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import PLAIN


def reduce(to: Lowering, node: OnnxNode, op: str, axes: tuple[int, ...], *, keep: bool) -> None:
    """Add a reduction over ONNX's `axes`, in the layout the input has where the output can have it too."""
    x = to.value(node.inputs[0])
    spatial = all(a % x.rank > 1 for a in axes)
    if not axes:
        raise UnloweredError("over no axes")
    x = to.plain(x) if x.layout.image else x
    if not keep and x.layout.channels_last and not (spatial and len(axes) == x.rank - 2):
        x = to.plain(x)
    stored = sorted(x.axis(a) for a in axes)
    layout = x.layout if keep else PLAIN  # [N, H, W, C] over H and W is [N, C], as ONNX has it
    to.emit(
        op,
        [x.tensor, to.ints(*stored)],
        node.outputs[0],
        layout,
        non_negative=x.non_negative,
        options="ReducerOptions",
        keep_dims=keep,
    )


def axes_of(to: Lowering, node: OnnxNode) -> tuple[int, ...]:
    """Return the axes of a Reduce operator: an attribute before opset 18 (13 for the sum), an input since."""
    given = to.optional(node, 1)
    if given is not None:
        return tuple(int(a) for a in given.reshape(-1))
    rank = to.value(node.inputs[0]).rank
    return node.ints("axes", tuple(range(rank)))
