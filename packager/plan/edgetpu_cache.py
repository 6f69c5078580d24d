"""Which parameters stay on the Edge TPU's chip and which reach it anew at every inference.

Sizes are those of the compiled file, not of the source: output channels are padded to the 16 tiles of 4 lanes, input
channels to 4, and each channel brings its bias. The formulas were fitted on compiled public models (`docs/coral.md`).
"""

import dataclasses
import math
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from packager.config.profile import EdgeTpu
from packager.figure import Basis, Figure
from packager.ir import ABSENT, DType, Graph, Model, Node
from packager.plan.memory import plan_memory

LANES = 64
"""16 tiles of 4 lanes each."""
_ROW = 1024
"""Bytes that one input of a fully connected layer takes in the memory, however few of its outputs there are."""
_SMALL_DENSE = 576
"""Bytes beside the weights of a fully connected layer with up to 16 outputs."""
_LEAST_CACHE = 1_814_000
"""1.73 MiB: the least memory for parameters that any compiler log showed, for a model with large activations."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Parameters:
    """Of one operator."""

    bytes: int
    cached: bool


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CachePlan:
    parameters: Mapping[int, Parameters]
    """By operator of the main graph, those that hold any."""
    available_bytes: int
    """What the activations leave of the on-chip memory."""

    @property
    def cached_bytes(self) -> int:
        return sum(p.bytes for p in self.parameters.values() if p.cached)

    @property
    def streamed_bytes(self) -> int:
        return sum(p.bytes for p in self.parameters.values() if not p.cached)

    def figures(self) -> tuple[Figure, ...]:
        source = "padded sizes of the layers that are predicted to map; the compiler was not run"
        rows = (("edgetpu.cached.bytes", self.cached_bytes), ("edgetpu.streamed.bytes", self.streamed_bytes))
        return tuple(Figure(name=n, value=v, unit="B", basis=Basis.ESTIMATED, source=source) for n, v in rows)


def plan_cache(model: Model, mapped: AbstractSet[int], tpu: EdgeTpu) -> CachePlan:
    """Give the memory to whole layers in the order of the graph, as long as they fit.

    Args:
        model: the integer model.
        mapped: indices of the operators that run on the TPU.
        tpu: the device.
    """
    available = available_bytes(model, tpu)
    parameters, _ = fill(parameter_sizes(model.main, mapped), available)
    return CachePlan(parameters=parameters, available_bytes=available)


def available_bytes(model: Model, tpu: EdgeTpu) -> int:
    """What the activations of a model leave of the on-chip memory."""
    return max(tpu.sram_bytes - plan_memory(model).arena_bytes, _LEAST_CACHE)


def fill(sizes: Iterable[tuple[int, int, int]], free: int) -> tuple[dict[int, Parameters], int]:
    """Cache whole layers in order, as long as they fit; return them with what is left.

    Args:
        sizes: as `parameter_sizes` yields them.
        free: bytes of memory.
    """
    parameters = {}
    for i, size, footprint in sizes:
        cached = footprint <= free
        free -= footprint if cached else 0
        parameters[i] = Parameters(bytes=size, cached=cached)
    return parameters, free


def parameter_sizes(graph: Graph, mapped: AbstractSet[int]) -> Iterator[tuple[int, int, int]]:
    """Yield operator, bytes in the compiled file, bytes of memory taken."""
    for i in sorted(mapped):
        node = graph.nodes[i]
        if size := _bytes(graph, node):
            rows = _dense_rows(graph, node)
            yield i, size, max(size, rows * _ROW)


def _bytes(graph: Graph, node: Node) -> int:
    match node.op:
        case "CONV_2D":
            outputs, height, width, depth = graph.type_of(node.inputs[1]).dims
            lanes = _lanes(outputs)
            return height * width * _up(depth, 4) * lanes + _bias(graph, node) * lanes
        case "DEPTHWISE_CONV_2D":
            _, height, width, channels = graph.type_of(node.inputs[1]).dims
            # 3x3 takes 16 bytes a channel where weights are int8, 32 where they are uint8.
            taps = _up(height * width, 16) * (1 if graph.type_of(node.inputs[1]).dtype is DType.INT8 else 2)
            return (taps + _bias(graph, node)) * _up(channels, 16)
        case "TRANSPOSE_CONV":
            outputs, height, width, depth = graph.type_of(node.inputs[1]).dims
            return (height * width * _up(depth, 4) + _bias(graph, node)) * _lanes(outputs)
        case "FULLY_CONNECTED":
            return _dense(*graph.type_of(node.inputs[1]).dims)
        case "UNIDIRECTIONAL_SEQUENCE_LSTM":
            filters = [graph.type_of(t).dims for t in node.inputs[1:9] if t != ABSENT]
            return sum(_dense(*dims) for dims in filters)
        case _:
            return 0


def _dense(outputs: int, inputs: int) -> int:
    if outputs <= 16:
        return inputs * 16 + _SMALL_DENSE
    return (inputs + 4) * _up(outputs, LANES)


def _dense_rows(graph: Graph, node: Node) -> int:
    if node.op != "FULLY_CONNECTED":
        return 0
    outputs, inputs = graph.type_of(node.inputs[1]).dims
    return (inputs + 4) * math.ceil(outputs / _ROW)


def _bias(graph: Graph, node: Node) -> int:
    """Bytes per channel beside the weights: the bias, and for int8 the channel's own scale."""
    return 8 if graph.type_of(node.inputs[1]).dtype is DType.INT8 else 4


def _lanes(channels: int) -> int:
    """A convolution of few channels lays its image over the tiles instead, and is padded less."""
    return _up(channels, LANES) if channels > LANES // 2 else max(4, 1 << (channels - 1).bit_length())


def _up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
