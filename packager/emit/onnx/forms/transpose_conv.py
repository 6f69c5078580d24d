from packager.emit.onnx.emission import Emission
from packager.emit.onnx.forms._contract import Form
from packager.emit.onnx.forms._convolution import constant_weights
from packager.emit.onnx.layout import Layout
from packager.ir import ABSENT, Node, Padding


def trim(size: int, kernel: int, stride: int, wanted: int, padding: int) -> tuple[int, int, int]:
    """Return what ONNX cuts from the full result before and after one axis, and what it appends."""
    full = (size - 1) * stride + kernel
    cut = max(full - wanted, 0)
    before = cut // 2 if padding == Padding.SAME else 0
    return before, cut - before, max(wanted - full, 0)


def emit(e: Emission, node: Node) -> None:
    weights, data, out = node.inputs[1], node.inputs[2], node.outputs[0]
    kernel, sizes, wanted = e.dims(weights)[1:3], e.dims(data)[1:3], e.dims(out)[1:3]
    strides = (node.attrs["stride_h"], node.attrs["stride_w"])
    cuts = [trim(*axis, node.attrs["padding"]) for axis in zip(sizes, kernel, strides, wanted, strict=True)]
    inputs = [e.read_quantized(2, data, Layout.FIRST), e.weights(weights, (3, 0, 1, 2), 1, data_input=2)]
    if len(node.inputs) > 3 and node.inputs[3] != ABSENT:
        inputs.append(e.read(node.inputs[3]))
    value = e.node(
        "ConvTranspose",
        inputs,
        kernel_shape=kernel,
        strides=strides,
        pads=[cuts[0][0], cuts[1][0], cuts[0][1], cuts[1][1]],
        output_padding=[cuts[0][2], cuts[1][2]],
    )
    e.write(out, e.activate(value, node.attrs["fused_activation_function"] or 0), Layout.FIRST)


FORM = Form(emit=emit, problems=constant_weights(bias=3), quantized=(2,))
