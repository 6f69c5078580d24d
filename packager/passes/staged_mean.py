"""A mean over a large image in two, rows first."""

import dataclasses

import numpy as np

from packager.ir import DType, Graph, GraphBuilder, Model
from packager.passes._splice import splice
from packager.rewrite import Pass, PassResult


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class StagedMean(Pass):
    """Splits a MEAN over height and width of more than `positions` values into one along each.

    Not exact: the means of the rows are rounded into the input's scale, by half a step at most, and the result by as
    much.
    """

    positions: int

    def apply(self, model: Model) -> PassResult:
        return splice(model, self._split)

    def _split(self, b: GraphBuilder, graph: Graph, index: int) -> str:
        node = graph.nodes[index]
        if node.op != "MEAN":
            return ""
        x, y = graph.type_of(node.inputs[0]), graph.tensors[node.outputs[0]]
        axes = graph.tensors[node.inputs[1]].data
        if axes is None or len(x.dims) != 4 or {int(a) % 4 for a in np.ravel(axes)} != {1, 2}:
            return ""
        _, height, width, channels = x.dims
        if height * width <= self.positions or max(height, width) > self.positions or not _is_8_bit(x.dtype):
            return ""
        if not x.is_quantized or not y.type.is_quantized:
            return ""
        version = 2 if x.dtype is DType.INT8 else 1
        across, down = (b.const(np.asarray([axis], np.int32), f"{y.name}/axis_{axis}") for axis in (2, 1))
        rows = b.tensor(f"{y.name}/rows", (1, height, 1, channels), x.dtype, x.quant)
        b.node("MEAN", [node.inputs[0], across], [rows], options="ReducerOptions", version=version, keep_dims=True)
        kept = b.tensor(f"{y.name}/kept", (1, 1, 1, channels), y.type.dtype, y.type.quant)
        if node.attrs.get("keep_dims"):
            kept = node.outputs[0]
        b.node("MEAN", [rows, down], [kept], options="ReducerOptions", version=version, keep_dims=True)
        if kept != node.outputs[0]:
            shape = b.const(np.asarray(y.type.dims, np.int32), f"{y.name}/shape")
            b.node("RESHAPE", [kept, shape], [node.outputs[0]], options="ReshapeOptions", new_shape=y.type.dims)
        steps = 0.5 * x.scale / y.type.scale
        return f"over {width} columns, then {height} rows: differs by up to {steps:.2g} steps before rounding"


def _is_8_bit(dtype: DType) -> bool:
    return dtype in (DType.INT8, DType.UINT8)
