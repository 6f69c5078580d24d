"""What keeps operators of many kinds from being built."""

from collections.abc import Iterator

from packager.emit.hls._contract import Op, Problem
from packager.ir import Activation, DType


def activation_problem(op: Op) -> Iterator[Problem]:
    activation = int(op.node.attrs.get("fused_activation_function", 0) or 0)
    clamps = (Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1, Activation.RELU6)
    if activation not in clamps:
        yield Problem(f"fused {Activation(activation).name} is not a clamp", "use RELU or RELU6")


def quantization_problem(op: Op, types: tuple[DType, ...] = (DType.INT8,)) -> Iterator[Problem]:
    """Every stream in and out must be int8, or of the given types, with one scale that is none of nothing."""
    for t in (*op.streams(), *op.node.outputs):
        tensor = op.graph.tensors[t]
        quant = tensor.type.quant
        if tensor.type.dtype not in types:
            yield Problem(
                f"{tensor.name!r} is {tensor.type.dtype}, streams carry int8",
                "quantize the whole model to int8, with int8 inputs and outputs",
            )
        elif not tensor.type.is_quantized or quant is None or quant.is_per_channel:
            yield Problem(f"{tensor.name!r} has no single scale", "quantize activations per tensor")
        elif not quant.scale[0] > 0:
            yield Problem(
                f"{tensor.name!r} has scale {quant.scale[0]:g}: its integers stand for nothing",
                "calibrate with inputs for which it varies",
            )
