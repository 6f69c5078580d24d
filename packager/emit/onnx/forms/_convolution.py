"""What the convolutions share: constant weights, explicit padding, a bias that stays float."""

from collections.abc import Callable, Iterable

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import Layout
from packager.emit.onnx.padding import window_pads
from packager.ir import ABSENT, Graph, Node


def constant_weights(bias: int) -> Callable[[Graph, Node], Iterable[str]]:
    """Return a check that weights (input 1) and bias are constants."""

    def problems(graph: Graph, node: Node) -> Iterable[str]:
        for position, what in ((1, "weights"), (bias, "a bias")):
            tensor = node.inputs[position] if position < len(node.inputs) else ABSENT
            if tensor != ABSENT and not graph.tensors[tensor].is_constant:
                yield f"has {what} computed at run time, which TensorRT does not take"

    return problems


def convolve(e: Emission, node: Node, order: tuple[int, ...], groups: int) -> None:
    """Emit a Conv; `order` brings the weights into [out, in / groups, height, width]."""
    source, pads = e.folded.get(node.inputs[0], (node.inputs[0], None))
    kernel, dilation = e.dims(node.inputs[1])[1:3], (node.attrs["dilation_h_factor"], node.attrs["dilation_w_factor"])
    inputs = [e.read_quantized(0, source, Layout.FIRST), e.weights(node.inputs[1], order, 0)]
    if len(node.inputs) > 2 and node.inputs[2] != ABSENT:
        inputs.append(e.read(node.inputs[2]))
    value = e.node(
        "Conv",
        inputs,
        kernel_shape=kernel,
        strides=[node.attrs["stride_h"], node.attrs["stride_w"]],
        dilations=dilation,
        pads=pads or window_pads(node, e.dims(source), kernel, dilation),
        group=groups,
    )
    value = e.activate(value, node.attrs["fused_activation_function"])
    e.write(node.outputs[0], value, Layout.FIRST)
