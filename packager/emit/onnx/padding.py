"""Padding: TFLite's SAME, and explicit zeros that a convolution can do itself."""

from collections.abc import Iterator, Mapping

import numpy as np

from packager.ir import ABSENT, Graph, Node, Padding

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def same(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Return zeros before and after one axis; an odd one goes behind (TensorFlow's rule)."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def window_pads(
    node: Node, dims: tuple[int, ...], kernel: tuple[int, ...], dilation: tuple[int, ...] = (1, 1)
) -> list[int]:
    """Return ONNX ``pads`` [top, left, bottom, right] of a window operator over an input of native `dims`."""
    if node.attrs["padding"] != Padding.SAME:
        return [0, 0, 0, 0]
    top, bottom = same(dims[1], kernel[0], node.attrs["stride_h"], dilation[0])
    left, right = same(dims[2], kernel[1], node.attrs["stride_w"], dilation[1])
    return [top, left, bottom, right]


def foldable_pads(graph: Graph) -> dict[int, tuple[int, tuple[int, int, int, int]]]:
    """Return the PAD operators that convolutions can do: padded tensor to (its input, [top, left, bottom, right]).

    TensorRT would run such a PAD as a kernel of its own.
    """
    consumers = graph.consumers()
    return dict(_foldable(graph, consumers))


def _foldable(
    graph: Graph, consumers: Mapping[int, tuple[int, ...]]
) -> Iterator[tuple[int, tuple[int, tuple[int, int, int, int]]]]:
    for node in graph.nodes:
        if node.op != "PAD" or graph.tensors[node.inputs[1]].data is None:
            continue
        out = node.outputs[0]
        pads = np.asarray(graph.tensors[node.inputs[1]].data)
        spatial_only = pads.shape == (4, 2) and not pads[0].any() and not pads[3].any() and (pads >= 0).all()
        if spatial_only and out not in graph.outputs and _all_valid_convolutions(graph, out, consumers.get(out, ())):
            yield out, (node.inputs[0], (int(pads[1, 0]), int(pads[2, 0]), int(pads[1, 1]), int(pads[2, 1])))


def _all_valid_convolutions(graph: Graph, tensor: int, users: tuple[int, ...]) -> bool:
    nodes = [graph.nodes[user] for user in users]
    return bool(nodes) and all(
        node.op in _CONVOLUTIONS
        and node.attrs["padding"] == Padding.VALID
        and [t for t in node.inputs if t != ABSENT].count(tensor) == 1
        and node.inputs[0] == tensor
        for node in nodes
    )
