"""The state of one translation: which ONNX value holds which tensor, and in which layout."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.emit.onnx import scales as quant
from packager.emit.onnx.layout import Layout, moves_data, permutation, storage, stored_axis, stored_dims
from packager.emit.onnx.padding import foldable_pads
from packager.emit.onnx.proto import OnnxGraph, code_of
from packager.ir import Activation, Graph
from packager.quantize import Range

Array = npt.NDArray[Any]


class Emission:
    """Operators read tensors and write tensors here; transpositions and Q/DQ pairs appear where they are needed."""

    def __init__(
        self,
        graph: Graph,
        out: OnnxGraph,
        *,
        ranges: Mapping[int, Range],
        quantized: Mapping[int, tuple[int, ...]],
        integer_weights: bool,
    ) -> None:
        """Translate `graph` into `out`; `quantized` gives each operator's input positions that are int8."""
        self.graph = graph
        self.out = out
        self.consumers = graph.consumers()
        self.prefix = ""
        self.folded = foldable_pads(graph)
        """Padded tensors that their convolutions pad themselves: the unpadded tensor and the zeros around it."""
        self._ranges = dict(ranges)
        for padded, (source, _) in self.folded.items():
            if padded in ranges:
                self._ranges.setdefault(source, ranges[padded])
        self._quantized = quantized
        self._integer_weights = integer_weights
        self._node = -1
        self._values: dict[int, dict[Layout, str]] = {}
        self._pairs: dict[tuple[int, Layout], str] = {}
        self.columns: dict[int, npt.NDArray[np.intp]] = {}
        """A flattened tensor whose elements lie channels first: the native position of each."""

    def enter(self, index: int) -> None:
        """Begin operator `index`: its name prefixes its nodes, and its inputs are quantized as planned."""
        self._node = self.out.origin = index
        self.prefix = self.graph.node_name(index).split(";")[0] or f"op_{index}"

    # Nodes and constants

    def node(self, op: str, inputs: Sequence[str], **attrs: Any) -> str:
        return self.out.node(op, inputs, f"{self.prefix}/{op}", **attrs)

    def node_with(self, outputs: int, op: str, inputs: Sequence[str], **attrs: Any) -> tuple[str, ...]:
        return self.out.node_with(outputs, op, inputs, f"{self.prefix}/{op}", **attrs)

    def constant(self, value: npt.ArrayLike, what: str, dtype: npt.DTypeLike = np.float32) -> str:
        return self.out.constant(np.asarray(value, dtype), f"{self.prefix}/{what}")

    def integers(self, values: Sequence[int], what: str) -> str:
        """Add a shape, axes or the like."""
        return self.constant(list(values), what, np.int64)

    def reshape(self, value: str, dims: Sequence[int]) -> str:
        return self.node("Reshape", [value, self.integers(dims, "shape")])

    def cast(self, value: str, dtype: str) -> str:
        return self.node("Cast", [value], to=code_of(dtype))

    def reduce(self, op: str, value: str, axes: Sequence[int]) -> str:
        """Reduce over stored axes, which stay with size 1.

        Axes are an input from opset 13 on for a sum, from 18 on for the others.
        """
        if self.out.opset >= (13 if op == "ReduceSum" else 18):
            return self.node(op, [value, self.integers(axes, "axes")], keepdims=1)
        return self.node(op, [value], axes=axes, keepdims=1)

    def activate(self, value: str, function: int) -> str:
        """Apply a fused activation function."""
        match function:
            case Activation.NONE:
                return value
            case Activation.RELU:
                return self.node("Relu", [value])
            case Activation.RELU6:
                return self.clip(value, 0, 6)
            case Activation.RELU_N1_TO_1:
                return self.clip(value, -1, 1)
            case Activation.TANH:
                return self.node("Tanh", [value])
            case _:
                raise AssertionError(function)

    def clip(self, value: str, low: float, high: float) -> str:
        return self.node("Clip", [value, self.constant(low, "low"), self.constant(high, "high")])

    # Tensors

    def dims(self, tensor: int) -> tuple[int, ...]:
        return self.graph.type_of(tensor).dims

    def data(self, tensor: int) -> Array:
        """A constant's elements."""
        data = self.graph.tensors[tensor].data
        assert data is not None, self.graph.tensors[tensor].name
        return data

    def is_constant(self, tensor: int) -> bool:
        return self.graph.tensors[tensor].is_constant

    def write(self, tensor: int, value: str, layout: Layout = Layout.NATIVE) -> None:
        """Say that `value` holds `tensor`."""
        self._values[tensor] = {layout if len(self.dims(tensor)) >= 3 else Layout.NATIVE: value}

    def layout_of(self, *tensors: int) -> Layout:
        """The layout to work in: channels first where any of the tensors has it already."""
        has_first = any(Layout.FIRST in self._values.get(t, ()) for t in tensors)
        return Layout.FIRST if has_first else Layout.NATIVE

    def axis(self, tensor: int, axis: int, layout: Layout) -> int:
        """Where a native axis of the tensor lies in `layout`."""
        return stored_axis(int(axis), layout, len(self.dims(tensor)))

    def read(self, tensor: int, layout: Layout = Layout.NATIVE) -> str:
        """Return the value of a tensor in a layout, transposed at most once."""
        rank = len(self.dims(tensor))
        layout = layout if rank >= 3 else Layout.NATIVE
        held = self._values.setdefault(tensor, {})
        if layout in held:
            return held[layout]
        if self.is_constant(tensor):
            held[layout] = self.constant_of(tensor, self.data(tensor).transpose(storage(layout, rank)))
        else:
            ((source, value),) = held.items()
            held[layout] = self._moved(tensor, value, source, layout)
        return held[layout]

    def constant_of(self, tensor: int, array: Array) -> str:
        """Add a constant named after a tensor."""
        return self.out.constant(array, self.graph.tensors[tensor].name or f"constant_{tensor}")

    def flat(self, tensor: int, dims: Sequence[int]) -> str:
        """Return the tensor's elements, in native order, in another shape."""
        own = self.dims(tensor)
        if self.is_constant(tensor):
            return self.constant_of(tensor, self.data(tensor).reshape(dims))
        held = self._values[tensor]
        if tuple(dims) == own and Layout.NATIVE in held:
            return held[Layout.NATIVE]
        for layout, value in held.items():
            if not self._is_moved(own, layout, Layout.NATIVE):
                return self.reshape(value, dims)
        return self.reshape(self.read(tensor), dims)

    def read_quantized(self, position: int, tensor: int, layout: Layout = Layout.NATIVE) -> str:
        """Return the tensor at an input position, through a Q/DQ pair where the plan has one."""
        return self.through_int8(position, tensor, self.read(tensor, layout), layout)

    def through_int8(self, position: int, tensor: int, value: str, layout: Layout) -> str:
        """Put the pair on a value that holds `tensor`; a pair is shared by all that read the tensor in that layout."""
        if not self.is_quantized(position):
            return value
        key = (tensor, layout)
        if key not in self._pairs:
            scale = np.asarray(quant.activation_scale(self._ranges[tensor]))
            self._pairs[key] = self._pair(value, scale, np.zeros((), np.int8), value)
        return self._pairs[key]

    def is_quantized(self, position: int) -> bool:
        return position in self._quantized.get(self._node, ())

    def weights(
        self, tensor: int, order: tuple[int, ...], axis: int, *, data_input: int = 0, columns: Array | None = None
    ) -> str:
        """Add constant weights with their axes in `order`; int8 per slice along `axis` where the `data_input` is int8.

        `axis` counts after the reordering. Scales that the tensor brings along are used (weights that were quantized
        before keep their integers).
        """
        array = self.data(tensor).transpose(order)
        if columns is not None:
            array = array[:, columns]
        if not self.is_quantized(data_input):
            return self.constant_of(tensor, array)
        scales = self._own_scales(tensor, array.shape[axis])
        scales = quant.weight_scales(array, axis) if scales is None else scales
        zeros, name = np.zeros(scales.shape, np.int8), self.graph.tensors[tensor].name
        if self._integer_weights:
            value = self.constant_of(tensor, quant.quantize_weights(array, scales, axis))
            inputs = [value, self.out.constant(scales, f"{name}/scale"), self.out.constant(zeros, f"{name}/zero_point")]
            return self.out.node("DequantizeLinear", inputs, f"{name}/DequantizeLinear", axis=axis)
        return self._pair(self.constant_of(tensor, array), scales, zeros, name, axis=axis)

    def _own_scales(self, tensor: int, count: int) -> npt.NDArray[np.float32] | None:
        own = self.graph.type_of(tensor).quant
        if own is None or not own.is_set or any(own.zero_point):
            return None
        return np.broadcast_to(own.scales(), (count,)).copy()

    def _pair(self, value: str, scale: Array, zero_point: Array, name: str, **attrs: Any) -> str:
        constants = [
            self.out.constant(scale, f"{name}/scale"),
            self.out.constant(zero_point, f"{name}/zero_point"),
        ]
        quantized = self.out.node("QuantizeLinear", [value, *constants], f"{name}/QuantizeLinear", **attrs)
        return self.out.node("DequantizeLinear", [quantized, *constants], f"{name}/DequantizeLinear", **attrs)

    def _is_moved(self, dims: tuple[int, ...], source: Layout, target: Layout) -> bool:
        rank = len(dims)
        perm = permutation(storage(source, rank), storage(target, rank))
        return moves_data(stored_dims(dims, source), perm)

    def _moved(self, tensor: int, value: str, source: Layout, target: Layout) -> str:
        dims = self.dims(tensor)
        if not self._is_moved(dims, source, target):
            return self.reshape(value, stored_dims(dims, target))
        perm = permutation(storage(source, len(dims)), storage(target, len(dims)))
        return self.node("Transpose", [value], perm=perm)
