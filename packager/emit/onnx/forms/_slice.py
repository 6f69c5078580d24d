"""Cutting a tensor along its axes, at places that are known."""

from collections.abc import Sequence

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import Layout
from packager.ir import Node


def cut(e: Emission, node: Node, spans: Sequence[slice], *, drops_axes: bool = False) -> None:
    """Emit one Slice for the axes that `spans` (one a native axis) shorten; a result of lower rank is reshaped."""
    data, out = node.inputs[0], node.outputs[0]
    layout = Layout.NATIVE if drops_axes else e.layout_of(data)
    value = e.read(data, layout)
    whole = [slice(0, size, 1) for size in e.dims(data)]
    axes = [a for a, span in enumerate(spans) if span != whole[a]]
    if axes:
        # Going backwards past the first element has no index of its own: ONNX takes one far enough below zero.
        ends = [-e.dims(data)[a] - 1 if spans[a].stop < 0 else spans[a].stop for a in axes]
        parameters = [
            e.integers([spans[a].start for a in axes], "starts"),
            e.integers(ends, "ends"),
            e.integers([e.axis(data, a, layout) for a in axes], "axes"),
            e.integers([spans[a].step for a in axes], "steps"),
        ]
        value = e.node("Slice", [value, *parameters])
    e.write(out, e.reshape(value, e.dims(out)) if drops_axes else value, layout)
