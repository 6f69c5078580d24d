"""LiteRT and onnxruntime side by side: one float model, two engines, the same numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.emit.onnx import emit_onnx
from packager.ir import Activation, GraphBuilder, Model, Padding, write_tflite
from packager.util.ort import session_options

Array = npt.NDArray[Any]


def litert(model: Model, inputs: Sequence[Array]) -> list[Array]:
    """Outputs of LiteRT's built-in kernels for one sample."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=write_tflite(model),
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]).copy() for detail in interpreter.get_output_details()]


def session(content: bytes) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(content, session_options(), providers=["CPUExecutionProvider"])


def onnxruntime_outputs(content: bytes, inputs: Sequence[Array]) -> list[Array]:
    run = session(content)
    feeds = {given.name: array for given, array in zip(run.get_inputs(), inputs, strict=True)}
    outputs: list[Array] = run.run(None, feeds)
    return outputs


def random_inputs(model: Model, seed: int = 0) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [
        rng.normal(0, 2, t.dims).astype(np.float32)
        if t.dtype.is_float
        else rng.integers(0, 3, t.dims).astype(t.dtype.value)
        for t in model.input_types()
    ]


def judge(model: Model, *, opset: int = 13, tolerance: float = 1e-5) -> bytes:
    """Assert that ONNX and LiteRT agree on shapes, types and numbers; return the ONNX file."""
    content = emit_onnx(model, None, opset=opset, quantize=False)
    for seed in range(3):
        inputs = random_inputs(model, seed)
        for want, got in zip(litert(model, inputs), onnxruntime_outputs(content, inputs), strict=True):
            assert got.shape == want.shape
            assert got.dtype == want.dtype
            np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * max(1.0, float(np.abs(want).max())))
    return content


def operators(content: bytes) -> Mapping[str, int]:
    import onnx

    return Counter(node.op_type for node in onnx.load_from_string(content).graph.node)


def pointwise(b: GraphBuilder, x: int, out: int, seed: int = 7) -> int:
    """Add a 1x1 convolution, whose result lies channels first in ONNX."""
    dims = b.tensors[x].type.dims
    rng = np.random.default_rng(seed)
    return conv(b, x, rng.normal(size=(out, 1, 1, dims[3])), rng.normal(size=out))


def conv(
    b: GraphBuilder,
    x: int,
    weights: Array,
    bias: Array | None = None,
    *,
    stride: int = 1,
    dilation: int = 1,
    padding: Padding = Padding.SAME,
    activation: Activation = Activation.NONE,
) -> int:
    """Add a CONV_2D."""
    n, height, width, _ = b.tensors[x].type.dims
    spans = [(k - 1) * dilation + 1 for k in weights.shape[1:3]]
    size = [
        -(-s // stride) if padding is Padding.SAME else -(-(s - span + 1) // stride)
        for s, span in zip((height, width), spans, strict=True)
    ]
    inputs = [x, b.const(weights.astype(np.float32))]
    if bias is not None:
        inputs.append(b.const(bias.astype(np.float32)))
    return b.op(
        "CONV_2D",
        inputs,
        (n, *size, weights.shape[0]),
        options="Conv2DOptions",
        stride_h=stride,
        stride_w=stride,
        dilation_h_factor=dilation,
        dilation_w_factor=dilation,
        padding=int(padding),
        fused_activation_function=int(activation),
    )
