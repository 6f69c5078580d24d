"""Layers with constant float weights, seen as matrices, and models with new weights."""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from packager.compress._contract import Array, Mask
from packager.errors import Diagnostic, Severity
from packager.ir import ABSENT, Graph, Model, Tensor, frozen
from packager.ops import Call, call_of, find_op

Real = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Layer:
    """A CONV_2D, DEPTHWISE_CONV_2D or FULLY_CONNECTED."""

    index: int
    name: str
    where: str
    call: Call
    weights: Array
    """As the tensor holds them."""
    bias: Array | None

    @property
    def op(self) -> str:
        return self.call.node.op

    @property
    def depthwise(self) -> bool:
        """Whether each output channel reads one input channel alone."""
        return self.op == "DEPTHWISE_CONV_2D"

    @property
    def source(self) -> int:
        """The tensor that it reads."""
        return self.call.node.inputs[0]

    @property
    def tensor(self) -> int:
        """Its weights."""
        return self.call.node.inputs[1]

    @property
    def outs(self) -> int:
        return int(self.weights.shape[3 if self.depthwise else 0])

    @property
    def matrix(self) -> Array:
        """``[out, columns]``, columns in the order of `rows_of`."""
        if self.depthwise:
            return self.weights.reshape(-1, self.outs).T
        return self.weights.reshape(self.outs, -1)

    def shaped(self, matrix: Array) -> Array:
        """A matrix as the tensor holds it."""
        return self._shaped(matrix).astype(self.weights.dtype)

    def shaped_mask(self, mask: Mask) -> Mask:
        return self._shaped(mask)

    def _shaped(self, matrix: Array) -> Array:
        rows = matrix.T if self.depthwise else matrix
        return np.ascontiguousarray(rows.reshape(self.weights.shape))

    @property
    def macs(self) -> int:
        op = find_op(self.op)
        assert op is not None
        return op.macs(self.call)

    @property
    def positions(self) -> int:
        """How often the matrix is applied in one inference."""
        return max(1, self.call.output.elements // self.outs)


TOP = 127
"""The largest integer that int8 weights take."""
_RANKS = {"CONV_2D": 4, "DEPTHWISE_CONV_2D": 4, "FULLY_CONNECTED": 2}


def layers_of(graph: Graph) -> tuple[Layer, ...]:
    """Every layer whose weights are plain float32 constants, grouped convolutions and shared weights left out."""
    return tuple(_layers(graph))


def _layers(graph: Graph) -> Iterator[Layer]:
    readers = graph.consumers()
    for index, node in enumerate(graph.nodes):
        rank = _RANKS.get(node.op)
        if rank is None:
            continue
        weights = graph.tensors[node.inputs[1]]
        if weights.data is None or weights.residue is not None or weights.data.shape != weights.type.dims:
            continue
        if weights.data.dtype != np.float32 or weights.data.ndim != rank:
            continue
        if readers[node.inputs[1]] != (index,):
            continue
        if node.op == "CONV_2D" and weights.data.shape[3] != graph.type_of(node.inputs[0]).dims[-1]:
            continue
        at = node.inputs[2] if len(node.inputs) > 2 else ABSENT
        yield Layer(
            index=index, name=graph.node_name(index), where=graph.where(index), call=call_of(graph, node),
            weights=weights.data, bias=None if at == ABSENT else graph.tensors[at].data,
        )  # fmt: skip


def quantized(layer: Layer) -> tuple[Real, Real]:
    """Scales ``[out]`` and integers ``[out, columns]`` that int8 quantization per channel gives the weights."""
    matrix = layer.matrix.astype(np.float64)
    largest = np.abs(matrix).max(axis=1)
    scales = np.where(largest > 0, largest / TOP, 1.0)
    return scales, np.rint(matrix / scales[:, None])


def float_only(model: Model, what: str) -> Iterator[Diagnostic]:
    """Object to a model that holds no layer of floats."""
    if not all(type_.dtype.is_float for type_ in model.input_types()):
        yield Diagnostic(
            severity=Severity.ERROR, message=f"{what} of a quantized model is not possible",
            hint="give the float model it was made from",
        )  # fmt: skip
    elif not layers_of(model.main):
        yield Diagnostic(
            severity=Severity.ERROR, message=f"{what} finds no layer with constant float weights",
            hint="leave the step out",
        )  # fmt: skip


def with_constants(model: Model, changed: Mapping[int, Array]) -> Model:
    """The model with other values in some constants, of the same shapes."""

    def change(index: int, tensor: Tensor) -> Tensor:
        return dataclasses.replace(tensor, data=frozen(changed[index])) if index in changed else tensor

    return model.with_main(model.main.with_tensors(change))
