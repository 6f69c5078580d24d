"""Layers with constant float weights, seen as matrices; what a layer reads, row by row; and models with new weights."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from packager.compress._contract import Array, Mask
from packager.errors import Diagnostic, Severity
from packager.interp.litert import RESOLVERS, tensors_of, trace_litert
from packager.ir import ABSENT, Graph, Model, Tensor, frozen, write_tflite
from packager.ops import Call, call_of, find_op
from packager.ops._windows import axes_of, windows

Real = npt.NDArray[np.float64]
_AT_ONCE = 1 << 26
"""Bytes of activations that a child process hands back together."""


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


Trace = Callable[[bytes, Sequence[Array], Sequence[int]], dict[int, Array]]


def _in_child(blob: bytes, inputs: Sequence[Array], tensors: Sequence[int]) -> dict[int, Array]:
    return trace_litert(blob, inputs, tensors, resolver="builtin")


def in_place(blob: bytes, inputs: Sequence[Array], tensors: Sequence[int]) -> dict[int, Array]:
    """Run LiteRT in this process, which must be a child already."""
    return tensors_of(blob, list(inputs), list(tensors), RESOLVERS["builtin"])


def traced(
    model: Model, inputs: Sequence[Array], tensors: Sequence[int], trace: Trace = _in_child
) -> Iterator[dict[int, Array]]:
    """Run a float model in LiteRT and yield its tensors ``[some samples, ...]``, in chunks of bounded size.

    Raises:
        UnsupportedError: LiteRT can't run it.
    """
    blob, wanted = write_tflite(model), sorted(set(tensors))
    each = sum(model.main.type_of(t).nbytes for t in wanted)
    chunk = max(1, _AT_ONCE // max(each, 1))
    for start in range(0, len(inputs[0]), chunk):
        yield trace(blob, [x[start : start + chunk] for x in inputs], wanted)


def rows_of(layer: Layer, x: Array, at: Array) -> Array:
    """What the layer multiplies at some of its positions.

    Args:
        layer: Of which the geometry counts.
        x: What it reads, ``[samples, ...]``.
        at: Positions, numbered through all samples.

    Returns:
        ``[len(at), columns]``; of a depthwise layer ``[len(at), out, taps]``.
    """
    if layer.op == "FULLY_CONNECTED":
        return x.reshape(-1, layer.weights.shape[1])[at]
    height, width = layer.weights.shape[1:3]
    rows, columns = axes_of(layer.call, (len(x), *layer.call.input(0).dims[1:]), height, width)
    view = windows(x.reshape(len(x), *layer.call.input(0).dims[1:]), rows, columns)
    sample, position = np.divmod(at, rows.steps * columns.steps)
    found = view[(sample, *np.divmod(position, columns.steps))]  # [len(at), in, kernel_h, kernel_w]
    if layer.depthwise:
        channels = found.reshape(len(at), found.shape[1], -1)
        return np.repeat(channels, layer.outs // channels.shape[1], axis=1)
    return np.moveaxis(found, 1, -1).reshape(len(at), -1)


def drawn(layer: Layer, samples: int, limit: int, rng: np.random.Generator) -> Array:
    """Positions of a layer over so many samples, at most `limit` of them, in order."""
    total = samples * layer.positions
    return np.arange(total) if total <= limit else np.sort(rng.choice(total, limit, replace=False))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Gram:
    """What a layer's rows are like over the tuning inputs."""

    mean: Real
    """``[columns]``"""
    covariance: Real
    """``[columns, columns]``"""

    def ridged(self, ridge: float) -> Real:
        """The covariance with a share of its mean variance added to the diagonal."""
        size = len(self.mean)
        added = ridge * float(np.diag(self.covariance).mean()) + float(np.finfo(np.float64).tiny)
        return self.covariance + added * np.eye(size)


def grams(
    model: Model, layers: Sequence[Layer], inputs: Sequence[Array], *, seed: int, limit: int = 40_000
) -> dict[int, Gram]:
    """Gather mean and covariance of what layers multiply, by operator index; of depthwise layers nothing.

    At most about `limit` rows a layer, drawn at random, are looked at.

    Raises:
        UnsupportedError: LiteRT can't run the model.
    """
    wanted = [layer for layer in layers if not layer.depthwise]
    sums = {layer.index: _Sums(layer.matrix.shape[1]) for layer in wanted}
    rng, count = np.random.default_rng(seed), len(inputs[0])
    for part in traced(model, inputs, [layer.source for layer in wanted]) if wanted else ():
        for layer in wanted:
            x = part[layer.source]
            at = drawn(layer, len(x), -(-limit * len(x) // count), rng)
            for some in np.array_split(at, max(1, len(at) // 4096)):
                sums[layer.index].add(rows_of(layer, x, some).astype(np.float64))
    return {index: total.gram() for index, total in sums.items()}


class _Sums:
    """First and second moments, gathered in double."""

    def __init__(self, columns: int) -> None:
        self.count, self.first, self.second = 0, np.zeros(columns), np.zeros((columns, columns))

    def add(self, rows: Real) -> None:
        self.count += len(rows)
        self.first += rows.sum(axis=0)
        self.second += rows.T @ rows

    def gram(self) -> Gram:
        mean = self.first / self.count
        return Gram(mean=mean, covariance=self.second / self.count - np.outer(mean, mean))


def with_constants(model: Model, changed: Mapping[int, Array]) -> Model:
    """The model with other values in some constants, of the same shapes."""

    def change(index: int, tensor: Tensor) -> Tensor:
        return dataclasses.replace(tensor, data=frozen(changed[index])) if index in changed else tensor

    return model.with_main(model.main.with_tensors(change))
