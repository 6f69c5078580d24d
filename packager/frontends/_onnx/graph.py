"""An ONNX graph as plain values: nodes with their attributes, constants as arrays, a static shape for every tensor."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Shape = tuple[int, ...]


_FLOAT = 1
"""`TensorProto.FLOAT`."""


class UnloweredError(Exception):
    """An operator, or a use of it, that has no lowering here; never shown to a user as it is."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OnnxNode:
    op: str
    name: str
    inputs: tuple[str, ...]
    """Empty names stand for optional inputs left out."""
    outputs: tuple[str, ...]
    attrs: Mapping[str, Any]

    def input(self, index: int) -> str:
        """Return the name of an optional input, empty where there is none."""
        return self.inputs[index] if index < len(self.inputs) else ""

    def text(self, key: str, default: str) -> str:
        value = self.attrs.get(key, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def ints(self, key: str, default: Shape) -> Shape:
        return tuple(int(v) for v in self.attrs.get(key, default))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OnnxGraph:
    nodes: tuple[OnnxNode, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    constants: Mapping[str, Array]
    shapes: Mapping[str, Shape]
    """Of every float tensor whose shape is static and known."""
    opset: int

    def shape(self, name: str) -> Shape:
        if name in self.constants:
            return self.constants[name].shape
        if name not in self.shapes:
            raise UnloweredError(f"{name!r} is no float tensor of static shape")
        return self.shapes[name]

    def constant(self, name: str) -> Array:
        if name not in self.constants:
            raise UnloweredError(f"{name!r} is not constant")
        return self.constants[name]

    def users(self) -> dict[str, list[OnnxNode]]:
        found: dict[str, list[OnnxNode]] = {}
        for node in self.nodes:
            for name in node.inputs:
                found.setdefault(name, []).append(node)
        return found


def graph_of(model: Any) -> OnnxGraph:
    """Read a `ModelProto` of static shapes; tensors whose shape is not static are left out of `shapes`."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    nodes = []
    for n in graph.node:
        attrs = {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}
        if n.op_type == "Constant" and "value" in attrs:
            constants[n.output[0]] = numpy_helper.to_array(attrs["value"])
            continue
        node = OnnxNode(
            op=n.op_type if n.domain in ("", "ai.onnx") else f"{n.domain}::{n.op_type}",
            name=n.name or n.output[0],
            inputs=tuple(n.input),
            outputs=tuple(n.output),
            attrs=MappingProxyType(attrs),
        )
        nodes.append(node)
    return OnnxGraph(
        nodes=tuple(nodes),
        inputs=tuple(i.name for i in graph.input if i.name not in constants),
        outputs=tuple(o.name for o in graph.output),
        constants=constants,
        shapes=dict(filter(None, map(_static, [*graph.value_info, *graph.input, *graph.output]))),
        opset=max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=1),
    )


def _static(info: Any) -> tuple[str, Shape] | None:
    """Return name and shape of a float tensor, None of any other, and where the shape is not wholly known."""
    tensor = info.type.tensor_type
    if (
        tensor.elem_type != _FLOAT
        or not tensor.HasField("shape")
        or not all(d.HasField("dim_value") for d in tensor.shape.dim)
    ):
        return None
    return info.name, tuple(d.dim_value for d in tensor.shape.dim)


def as_float(array: Array) -> npt.NDArray[np.float32]:
    if not np.issubdtype(array.dtype, np.floating):
        raise UnloweredError(f"a constant of {array.dtype} takes part in arithmetic")
    return array.astype(np.float32)
