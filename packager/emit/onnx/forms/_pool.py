from collections.abc import Callable

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import Layout
from packager.emit.onnx.padding import window_pads
from packager.ir import Node


def pool(op: str) -> Callable[[Emission, Node], None]:
    """Padding does not count in an average, in TFLite as in ONNX's default."""

    def emit(e: Emission, node: Node) -> None:
        data, kernel = node.inputs[0], (node.attrs["filter_height"], node.attrs["filter_width"])
        value = e.node(
            op,
            [e.read_quantized(0, data, Layout.FIRST)],
            kernel_shape=kernel,
            strides=[node.attrs["stride_h"], node.attrs["stride_w"]],
            pads=window_pads(node, e.dims(data), kernel),
        )
        e.write(node.outputs[0], e.activate(value, node.attrs["fused_activation_function"]), Layout.FIRST)

    return emit
