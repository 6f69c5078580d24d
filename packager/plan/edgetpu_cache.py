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

LANES = 64
"""16 tiles of 4 lanes each."""
_GRAIN = 64
"""Bytes that an operator's parameters are a multiple of."""
_ELEMENTWISE = ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
_ROW = 1024
"""Bytes that one input of a fully connected layer takes in the memory, however few of its outputs there are."""
_NEVER = 1 << 62
"""Footprint of what is not cached: a constant map that is added or multiplied, as MoveNet's, travels each time."""
_SMALL_DENSE = 576
"""Bytes beside the weights of a fully connected layer with up to 16 outputs."""
_MOST_ACTIVATIONS = 1_258_000
"""1.2 MiB: what the activations of networks with large maps take, for the compiler computes them piece by piece. Public
logs leave 6.9 to 7.5 MiB for parameters from MobileNet's 224 pixels up to YOLO's 640."""
_WIDE = 5
"""Kernels from this size on hold far more of the map at once: 3 MiB in the one known case, 128x128x32 under 7x7."""


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
    """What the activations of a model leave of the on-chip memory: the largest takes its size, up to a limit."""
    graph = model.main
    largest = max((graph.type_of(t).nbytes for t in graph.activations()), default=0)
    wide = max((_held(graph, node) for node in graph.nodes), default=0)
    return tpu.sram_bytes - max(min(largest, _MOST_ACTIVATIONS), min(wide, tpu.sram_bytes // 2))


def _held(graph: Graph, node: Node) -> int:
    """Bytes that a wide convolution holds: input and output in whole lanes, with the rims of 4 by 4 pieces."""
    if node.op != "CONV_2D":
        return 0
    _, *kernel, depth = graph.type_of(node.inputs[1]).dims
    image = graph.type_of(node.inputs[0]).dims
    if max(kernel) < _WIDE or depth < LANES // 4:
        return 0
    rims = math.prod(1 + 4 * (k - 1) / size for k, size in zip(kernel, image[1:3], strict=True))
    outputs = graph.type_of(node.outputs[0]).dims
    return round(rims * sum(math.prod(dims[1:3]) * _up(dims[3], LANES) for dims in (image, outputs)))


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
        if size := _bytes(graph, node) or _maps(graph, node):
            yield i, _up(size, _GRAIN), max(size, _footprint(graph, node))


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


def _maps(graph: Graph, node: Node) -> int:
    """Bytes of constants that an elementwise operator has beside one value per channel."""
    if node.op not in _ELEMENTWISE:
        return 0
    constant = [graph.type_of(t) for t in node.inputs if graph.tensors[t].is_constant]
    return sum(t.nbytes + _GRAIN for t in constant if math.prod(t.dims[:-1]) > 1)


def _dense(outputs: int, inputs: int) -> int:
    if outputs <= 16:
        return inputs * 16 + _SMALL_DENSE
    return (inputs + 4) * _up(outputs, LANES)


def _footprint(graph: Graph, node: Node) -> int:
    """Bytes of memory that the parameters take where that is more than they have in the file."""
    if node.op == "CONV_2D":
        outputs, height, width, depth = graph.type_of(node.inputs[1]).dims
        return (height * width * _up(depth, 4) + _bias(graph, node)) * _up(outputs, LANES)
    if node.op == "FULLY_CONNECTED":
        outputs, inputs = graph.type_of(node.inputs[1]).dims
        return (inputs + 4) * math.ceil(outputs / _ROW) * _ROW
    return _NEVER if node.op in _ELEMENTWISE else 0


def _bias(graph: Graph, node: Node) -> int:
    """Bytes per channel beside the weights: the bias, and for int8 the channel's own scale."""
    return 8 if graph.type_of(node.inputs[1]).dtype is DType.INT8 else 4


def _lanes(channels: int) -> int:
    """A convolution of few channels lays its image over the tiles instead, and is padded less."""
    return _up(channels, LANES) if channels > LANES // 2 else max(4, 1 << (channels - 1).bit_length())


def _up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
