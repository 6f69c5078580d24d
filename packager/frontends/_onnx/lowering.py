"""Lowering a graph node by node: what each operator's module gets to work with."""

import dataclasses
import functools
import importlib
import importlib.util
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np

from packager.frontends._onnx.graph import Array, OnnxGraph, OnnxNode, Shape, UnloweredError
from packager.frontends._onnx.value import (
    LAST,
    PLAIN,
    Layout,
    Value,
    moves_nothing,
    permuted,
    stored_shape,
    to_first,
    to_last,
)
from packager.ir import GraphBuilder, Model

_OPS = "packager.frontends._onnx.ops"


@functools.cache
def _module(op: str) -> ModuleType | None:
    name = f"{_OPS}.{op.lower()}"
    return importlib.import_module(name) if op.isidentifier() and importlib.util.find_spec(name) else None


def image_inputs(graph: OnnxGraph) -> frozenset[str]:
    """Return the inputs to store channels last.

    They are those for which the first operator that cares about layout, past those that take any, wants it so.
    """
    users = graph.users()
    return frozenset(name for name in graph.inputs if len(graph.shapes.get(name, ())) > 2 and _is_image(name, users))


def _is_image(name: str, users: Mapping[str, list[OnnxNode]]) -> bool:
    waiting, seen = [name], {name}
    while waiting:
        for user in users.get(waiting.pop(0), []):
            module = _module(user.op)
            if not getattr(module, "FOLLOWS", False):
                return bool(getattr(module, "SPATIAL", False))
            waiting.extend(o for o in user.outputs if o not in seen)
            seen.update(user.outputs)
    return False


class Lowering:
    """One conversion.

    The module `ops.<operator in lower case>` has ``lower(to, node)``. It states ``SPATIAL = True`` where it wants
    channels last, and ``FOLLOWS = True`` where it takes the layout as it comes.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self.builder = GraphBuilder()
        self._values: dict[str, Value] = {}

    def run(self) -> Model:
        """Return the TFLite graph.

        Raises:
            UnloweredError: names every operator without a lowering, else the first use of one that has none.
        """
        missing = sorted({n.op for n in self.graph.nodes if _module(n.op) is None})
        if missing:
            raise UnloweredError(f"no lowering for {', '.join(missing)}")
        images = image_inputs(self.graph)
        for name in self.graph.inputs:
            layout, shape = LAST if name in images else PLAIN, self.graph.shape(name)
            tensor = self.builder.input(name, stored_shape(shape, layout))
            self.set(name, Value(tensor=tensor, shape=shape, layout=layout))
        for node in self.graph.nodes:
            module = _module(node.op)
            assert module is not None
            try:
                module.lower(self, node)
            except UnloweredError as error:
                raise UnloweredError(f"{node.op} {node.name!r}: {error}") from None
        return self.builder.model([self._output(name) for name in self.graph.outputs], "main")

    def _output(self, name: str) -> int:
        value = self.value(name)
        value = self.plain(value) if value.layout.image else value
        tensor = self.builder.tensors[value.tensor]
        if tensor.name == name:
            return value.tensor
        if value.tensor in self.builder.inputs or tensor.is_constant or tensor.name in self.graph.outputs:
            return self.reshape(value.tensor, value.stored, name)
        self.builder.tensors[value.tensor] = dataclasses.replace(tensor, name=name)
        return value.tensor

    # What operators ask for.

    def constant(self, name: str) -> Array:
        return self.graph.constant(name)

    def optional(self, node: OnnxNode, index: int) -> Array | None:
        """Return an optional constant input, None where it is left out."""
        return self.graph.constant(node.input(index)) if node.input(index) else None

    def value(self, name: str) -> Value:
        if name not in self._values:
            array = self.constant(name)
            if array.dtype != np.float32:
                raise UnloweredError(f"{name!r} is {array.dtype}")
            self._values[name] = Value(tensor=self.builder.const(array, name), shape=array.shape)
        return self._values[name]

    def channels_last(self, value: Value) -> Value:
        """Return the value stored channels last, transposed where it is not."""
        if value.layout.channels_last or value.rank < 3:
            return value
        tensor = self.transpose(value.tensor, to_last(value.rank))
        return dataclasses.replace(value, tensor=tensor, layout=LAST)

    def plain(self, value: Value) -> Value:
        """Return the value stored in ONNX's order, transposed where it is not."""
        tensor = value.tensor
        if value.layout.image:
            image = (value.shape[0], *value.layout.image)
            tensor = self.reshape(tensor, permuted(image, to_last(len(image))))
            tensor = self.reshape(self.transpose(tensor, to_first(len(image))), value.shape)
        elif value.layout.channels_last:
            tensor = self.transpose(tensor, to_first(value.rank))
        return dataclasses.replace(value, tensor=tensor, layout=PLAIN)

    def stored_as(self, value: Value, layout: Layout) -> Value:
        if value.layout == layout:
            return value
        return self.channels_last(value) if layout == LAST else self.plain(value)

    # What operators give back.

    def set(self, name: str, value: Value) -> None:
        """State which tensor holds an output; its shape must be the one inferred."""
        if value.shape != self.graph.shape(name):
            raise UnloweredError(f"{name!r} would be {value.shape}, not {self.graph.shape(name)}")
        self._values[name] = value

    def emit(
        self, op: str, inputs: list[int], name: str, layout: Layout, *, non_negative: bool = False, **options: Any
    ) -> None:
        """Add the operator that computes the ONNX tensor `name`, stored in `layout`."""
        shape = self.graph.shape(name)
        tensor = self.builder.op(op, inputs, stored_shape(shape, layout), name=name, **options)
        self.set(name, Value(tensor=tensor, shape=shape, layout=layout, non_negative=non_negative))

    def const(self, array: Array, name: str = "") -> int:
        return self.builder.const(np.ascontiguousarray(array).reshape(array.shape), name)  # numpy makes scalars vectors

    def ints(self, *values: int) -> int:
        """Add an int32 vector, as axes, shapes and paddings are given."""
        return self.builder.const(np.asarray(values, np.int32))

    def scalar(self, value: float) -> int:
        """Add a float32 vector of one element, which every elementwise operator broadcasts."""
        return self.builder.const(np.asarray([value], np.float32))

    def reshape(self, tensor: int, shape: Shape, name: str = "") -> int:
        if self.builder.tensors[tensor].type.dims == shape and not name:
            return tensor
        target = self.ints(*shape)
        return self.builder.op("RESHAPE", [tensor, target], shape, options="ReshapeOptions", new_shape=shape, name=name)

    def transpose(self, tensor: int, order: Shape) -> int:
        """Transpose, or reshape where that moves nothing."""
        stored = self.builder.tensors[tensor].type.dims
        shape = permuted(stored, order)
        if moves_nothing(stored, order):
            return self.reshape(tensor, shape)
        return self.builder.op("TRANSPOSE", [tensor, self.ints(*order)], shape, options="TransposeOptions")
