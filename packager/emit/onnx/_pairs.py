"""Q/DQ pairs written into a user's own ONNX graph, and what nothing reads any more taken out of it."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from packager.emit.onnx import scales as quant
from packager.quantize import Range


class PairWriter:
    """Adds pairs, each once, ahead of their first reader."""

    def __init__(self, graph: Any, *, integer_weights: bool) -> None:
        self.nodes: list[Any] = []
        self._graph, self._integer_weights = graph, integer_weights
        self._pairs: dict[tuple[str, int | None], str] = {}
        self._taken = {t.name for t in graph.initializer} | {name for n in graph.node for name in (*n.output, n.name)}

    def activation(self, name: str, range_: Range) -> str:
        if (name, -1) not in self._pairs:
            scale = np.asarray(quant.activation_scale(range_), np.float32)
            self._pairs[name, -1] = self._pair(name, scale, np.zeros((), np.int8), name)
        return self._pairs[name, -1]

    def weights(self, name: str, array: Any, axis: int | None) -> str:
        if (name, axis) in self._pairs:
            return self._pairs[name, axis]
        flat = array if axis is not None else array.reshape(1, -1)
        scales = quant.weight_scales(flat, axis or 0)
        zeros, along = np.zeros(scales.shape, np.int8), {} if axis is None else {"axis": axis}
        if axis is None:
            scales, zeros = scales.reshape(()), zeros.reshape(())
        if self._integer_weights:
            levels = quant.quantize_weights(flat, scales.reshape(-1), axis or 0).reshape(array.shape)
            constants = [self._constant(levels, f"{name}/int8"), *self._parameters(scales, zeros, name)]
            found = self._node("DequantizeLinear", constants, name, **along)
        else:
            found = self._pair(name, scales, zeros, name, **along)
        self._pairs[name, axis] = found
        return found

    def _pair(self, value: str, scale: Any, zero_point: Any, name: str, **attrs: int) -> str:
        parameters = self._parameters(scale, zero_point, name)
        quantized = self._node("QuantizeLinear", [value, *parameters], name, **attrs)
        return self._node("DequantizeLinear", [quantized, *parameters], name, **attrs)

    def _parameters(self, scale: Any, zero_point: Any, name: str) -> list[str]:
        return [self._constant(scale, f"{name}/scale"), self._constant(zero_point, f"{name}/zero_point")]

    def _constant(self, array: Any, wanted: str) -> str:
        from onnx import numpy_helper

        name = self._fresh(wanted)
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def _node(self, op: str, inputs: list[str], name: str, **attrs: int) -> str:
        from onnx import helper

        output = self._fresh(f"{name}/{op}")
        node = helper.make_node(op, inputs, [output], name=output)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attrs.items())
        self.nodes.append(node)
        return output

    def _fresh(self, wanted: str) -> str:
        name, n = wanted, 0
        while name in self._taken:
            n += 1
            name = f"{wanted}_{n}"
        self._taken.add(name)
        return name


def drop_unread(graph: Any) -> None:
    """Take away float weights that nothing reads any more."""
    read = set(_read(graph)) | {port.name for port in graph.output}
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    nodes = [node for node in graph.node if node.op_type != "Constant" or node.output[0] in read]
    del graph.node[:]
    graph.node.extend(nodes)


def _read(graph: Any) -> Iterator[str]:
    for node in graph.node:
        yield from node.input
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _read(inner)
                yield from (port.name for port in inner.output)
