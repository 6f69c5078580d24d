"""Normalization by statistics of the input itself, in elementary operators: TFLite has none of its own for it."""

from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.value import Shape


def normalized(to: Lowering, tensor: int, stored: Shape, axes: tuple[int, ...], epsilon: float) -> int:
    """Return ``(x - mean) / sqrt(variance + epsilon)``, the statistics over stored `axes`."""
    narrow = tuple(1 if a in axes else n for a, n in enumerate(stored))
    along = to.ints(*axes)
    mean = to.builder.op("MEAN", [tensor, along], narrow, options="ReducerOptions", keep_dims=True)
    centred = to.builder.op("SUB", [tensor, mean], stored, options="SubOptions")
    squares = to.builder.op("MUL", [centred, centred], stored, options="MulOptions")
    variance = to.builder.op("MEAN", [squares, along], narrow, options="ReducerOptions", keep_dims=True)
    raised = to.builder.op("ADD", [variance, to.scalar(epsilon)], narrow, options="AddOptions")
    scale = to.builder.op("RSQRT", [raised], narrow)
    return to.builder.op("MUL", [centred, scale], stored, options="MulOptions")
