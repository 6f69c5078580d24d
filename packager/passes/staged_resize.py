"""A large resize in steps of two, where that gives the same."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from packager.ir import DType, Graph, GraphBuilder, Model, TensorType
from packager.passes._splice import splice
from packager.rewrite import Pass, PassResult

_RESIZES = frozenset({"RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"})


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class StagedResize(Pass):
    """Splits a resize by more than `factor`: to the nearest neighbour by a power of two, or of a single pixel.

    Exact: every copy of a pixel stays one. A bilinear resize of more than a pixel has other weights in steps,
    and stays.
    """

    factor: int

    def apply(self, model: Model) -> PassResult:
        return splice(model, self._split)

    def _split(self, b: GraphBuilder, graph: Graph, index: int) -> str:
        node = graph.nodes[index]
        if node.op not in _RESIZES or not _is_copying(graph, index):
            return ""
        x, y = graph.type_of(node.inputs[0]), graph.tensors[node.outputs[0]]
        sizes = list(_sizes(x.dims[1:3], y.type.dims[1:3]))
        if len(sizes) < 2 or max(y.type.dims[1] / x.dims[1], y.type.dims[2] / x.dims[2]) <= self.factor:
            return ""
        last = node.inputs[0]
        version = 2 if x.dtype is DType.INT8 else 1
        for i, size in enumerate(sizes):
            is_end = i == len(sizes) - 1
            name = f"{y.name}/{size[0]}x{size[1]}"
            shape = (1, *size, x.dims[3])
            out = node.outputs[0] if is_end else b.tensor(name, shape, x.dtype, x.quant)
            wanted = b.const(np.asarray(size, np.int32), f"{name}/size")
            options = "ResizeNearestNeighborOptions"
            b.node("RESIZE_NEAREST_NEIGHBOR", [last, wanted], [out], options=options, version=version)
            last = out
        return f"in {len(sizes)} steps: exact"


def _is_copying(graph: Graph, index: int) -> bool:
    """Whether every result is a copy of a pixel, in steps as at once."""
    node = graph.nodes[index]
    x, y = graph.type_of(node.inputs[0]), graph.type_of(node.outputs[0])
    if len(x.dims) != 4 or not _same_scale(x, y) or x.dtype not in (DType.INT8, DType.UINT8):
        return False
    if x.dims[1:3] == (1, 1):
        return True
    ratios = {b / a for a, b in zip(x.dims[1:3], y.dims[1:3], strict=True)}
    plain = not node.attrs.get("align_corners") and not node.attrs.get("half_pixel_centers")
    powers = all(ratio >= 1 and ratio.is_integer() and int(ratio).bit_count() == 1 for ratio in ratios)
    return node.op == "RESIZE_NEAREST_NEIGHBOR" and plain and powers


def _same_scale(x: TensorType, y: TensorType) -> bool:
    if x.quant is None or y.quant is None:
        return False
    return (x.quant.scale, x.quant.zero_point) == (y.quant.scale, y.quant.zero_point)


def _sizes(before: tuple[int, ...], after: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Height and width after each step, none more than twice those before it."""
    size = before
    while size != after:
        size = tuple(min(2 * have, want) for have, want in zip(size, after, strict=True))
        yield size
