from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.window import as_image, emit_image, mirrored, padded, window_of
from packager.ir import Padding

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to MAX_POOL_2D; zeros pad a tensor that is never negative, its own mirror image any other."""
    if len(node.outputs) > 1 or any(d != 1 for d in node.ints("dilations", (1,))):
        raise UnloweredError("indices or dilation")
    size, out = to.graph.shape(node.inputs[0])[2:], to.graph.shape(node.outputs[0])[2:]
    window = window_of(node, node.ints("kernel_shape", ()), size, out)
    x = as_image(to, to.value(node.inputs[0]))
    given = x.tensor
    if window.padded and not window.same:
        given = (padded if x.non_negative else mirrored)(to, x, window)
    options = window.options(Padding.SAME if window.same else Padding.VALID)
    options |= {"filter_height": window.kernel[0], "filter_width": window.kernel[1]}
    emit_image(
        to,
        "MAX_POOL_2D",
        [given],
        node.outputs[0],
        non_negative=x.non_negative,
        options="Pool2DOptions",
        **options,
    )
