"""An ONNX file as TensorRT's parser sees it: nodes, and the type, shape and constness of every value."""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

_SMALL = 4096
"""Elements up to which a constant's numbers are kept: axes, sizes, scales and zero points are, weights are not."""
_TYPES = MappingProxyType(
    {"FLOAT": "FP32", "FLOAT16": "FP16", "BFLOAT16": "BF16", "DOUBLE": "FP64"}
    | {"FLOAT8E4M3FN": "FP8", "FLOAT4E2M1": "FP4"}
)
"""ONNX's names of types to TensorRT's, where they differ."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    name: str
    dtype: str = ""
    """``FP32``, ``INT8``, as TensorRT writes it; empty where it could not be inferred."""
    dims: tuple[int, ...] | None = None
    """-1 for an open dimension; None where not even the rank is known."""
    constant: bool = False
    """An initializer, or what a Constant node puts out."""
    foldable: bool = False
    """Computed from constants and shapes alone."""
    data: npt.NDArray[Any] | None = None
    """Of a small constant."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OnnxNode:
    op: str
    domain: str
    name: str
    inputs: tuple[Value | None, ...]
    """None for an optional input left out."""
    outputs: tuple[Value, ...]
    attrs: Mapping[str, Any]
    typed: tuple[int, ...]
    """Positions of the inputs whose type is the operator's own, the one of its result where it has one."""
    defined: int
    """The opset that brought the definition in force; 0 of an operator that ONNX does not define."""

    @property
    def where(self) -> str:
        return f"{self.op} {self.name!r}"

    def input(self, position: int) -> Value | None:
        return self.inputs[position] if position < len(self.inputs) else None

    def text(self, key: str, default: str) -> str:
        value = self.attrs.get(key, default)
        return value.decode() if isinstance(value, bytes) else str(value)

    def ints(self, key: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        return tuple(int(v) for v in self.attrs.get(key, default))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OnnxGraph:
    nodes: tuple[OnnxNode, ...]
    opset: int


def onnx_graph(content: bytes) -> OnnxGraph:
    """Read the main graph of a checked ONNX file. Types and shapes are inferred where the file does not give them."""
    import onnx

    model = onnx.load_model_from_string(content)
    with contextlib.suppress(onnx.shape_inference.InferenceError):  # what is not inferred is left open
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    opsets = {o.domain or "ai.onnx": o.version for o in model.opset_import}
    values = dict(_declared(model.graph))
    nodes = tuple(_node(node, opsets, values) for node in model.graph.node)
    return OnnxGraph(nodes=nodes, opset=opsets.get("ai.onnx", 1))


def _declared(graph: Any) -> Iterator[tuple[str, Value]]:
    from onnx import TensorProto, numpy_helper

    for info in (*graph.input, *graph.value_info, *graph.output):
        tensor = info.type.tensor_type
        dims = None
        if tensor.HasField("shape"):
            dims = tuple(d.dim_value if d.HasField("dim_value") else -1 for d in tensor.shape.dim)
        yield info.name, Value(name=info.name, dtype=_named(TensorProto.DataType.Name(tensor.elem_type)), dims=dims)
    for tensor in graph.initializer:
        dims, dtype = tuple(tensor.dims), _named(TensorProto.DataType.Name(tensor.data_type))
        data = numpy_helper.to_array(tensor) if np.prod(dims, dtype=np.int64) <= _SMALL else None
        yield tensor.name, Value(name=tensor.name, dtype=dtype, dims=dims, constant=True, foldable=True, data=data)


def _named(onnx_type: str) -> str:
    return "" if onnx_type == "UNDEFINED" else _TYPES.get(onnx_type, onnx_type)


def _node(proto: Any, opsets: Mapping[str, int], values: dict[str, Value]) -> OnnxNode:
    """Read a node; what it puts out is added to `values`."""
    from onnx import helper, numpy_helper

    domain = "" if proto.domain == "ai.onnx" else proto.domain
    attrs = {a.name: helper.get_attribute_value(a) for a in proto.attribute}
    inputs = tuple(values.get(name, Value(name=name)) if name else None for name in proto.input)
    is_constant = proto.op_type == "Constant" and not domain
    foldable = (
        is_constant or proto.op_type == "Shape" or (bool(inputs) and all(v is None or v.foldable for v in inputs))
    )
    for name in filter(None, proto.output):
        known = values.get(name, Value(name=name))
        data = numpy_helper.to_array(attrs["value"]) if is_constant and "value" in attrs else None
        dims = known.dims if data is None else data.shape
        values[name] = dataclasses.replace(known, constant=is_constant, foldable=foldable, data=data, dims=dims)
    schema = _schema(proto.op_type, domain, opsets.get(domain or "ai.onnx", 1))
    return OnnxNode(
        op=proto.op_type,
        domain=domain,
        name=proto.name or next(iter(proto.output), ""),
        inputs=inputs,
        outputs=tuple(values[name] for name in proto.output if name),
        attrs=MappingProxyType(attrs),
        typed=_typed(schema, len(inputs)),
        defined=schema.since_version if schema else 0,
    )


def _schema(op: str, domain: str, opset: int) -> Any:
    from onnx import defs

    try:
        return defs.get_schema(op, opset, domain)
    except defs.SchemaError:
        return None


def _typed(schema: Any, count: int) -> tuple[int, ...]:
    """The required inputs of the same type variable as the result, or else the first."""
    first = (0,) if count else ()
    if schema is None or not schema.inputs or not schema.outputs or schema.outputs[0].type_str.startswith("tensor("):
        return first
    formal = [schema.inputs[min(i, len(schema.inputs) - 1)] for i in range(count)]
    own = [i for i, f in enumerate(formal) if f.type_str == schema.outputs[0].type_str]
    required = [i for i in own if formal[i].option != schema.FormalParameterOption.Optional]
    return tuple(own) if required else first
