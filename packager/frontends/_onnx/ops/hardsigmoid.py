from packager.frontends._onnx.graph import OnnxNode
from packager.frontends._onnx.lowering import Lowering
from packager.ir import Activation

FOLLOWS = True


def lower(to: Lowering, node: OnnxNode) -> None:
    """Lower ``clip(alpha * x + beta, 0, 1)``; with an alpha of 1/6, ``relu6(x + 6 * beta) / 6``, as is usual."""
    x, name = to.value(node.inputs[0]), node.outputs[0]
    alpha, beta = float(node.attrs.get("alpha", 0.2)), float(node.attrs.get("beta", 0.5))
    scale = to.scalar(6 * alpha)
    steep = (
        to.builder.op("MUL", [x.tensor, scale], x.stored, options="MulOptions")
        if abs(6 * alpha - 1) > 1e-6
        else x.tensor
    )
    shifted = to.builder.op(
        "ADD",
        [steep, to.scalar(6 * beta)],
        x.stored,
        options="AddOptions",
        fused_activation_function=int(Activation.RELU6),
    )
    sixth = to.scalar(1 / 6)
    to.emit("MUL", [shifted, sixth], name, x.layout, non_negative=True, options="MulOptions")
