from packager.frontends._onnx.graph import OnnxNode, UnloweredError
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.window import as_image, emit_image, padded, window_of
from packager.ir import Padding

SPATIAL = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower to AVERAGE_POOL_2D, which leaves its own padding out of the average; ONNX may count it in."""
    if any(d != 1 for d in node.ints("dilations", (1,))):
        raise UnloweredError("dilation")
    size, out = to.graph.shape(node.inputs[0])[2:], to.graph.shape(node.outputs[0])[2:]
    window = window_of(node, node.ints("kernel_shape", ()), size, out)
    counted = bool(node.attrs.get("count_include_pad", 0))
    if window.padded and (node.attrs.get("ceil_mode", 0) or not (counted or window.same)):
        raise UnloweredError("a padding that TFLite can't leave out of the average")
    x = as_image(to, to.value(node.inputs[0]))
    given = padded(to, x, window) if window.padded and counted else x.tensor
    options = window.options(Padding.SAME if window.same and not counted else Padding.VALID)
    options |= {"filter_height": window.kernel[0], "filter_width": window.kernel[1]}
    emit_image(
        to,
        "AVERAGE_POOL_2D",
        [given],
        node.outputs[0],
        non_negative=x.non_negative,
        options="Pool2DOptions",
        **options,
    )
