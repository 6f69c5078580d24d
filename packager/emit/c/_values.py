"""What the templates of the runtime's files are filled in with."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from packager.config.samples import Samples
from packager.emit.c import _text as text
from packager.emit.c._contract import SCRATCH, Constant, Invocation, Layer
from packager.emit.c._plan import Laid
from packager.emit.c._prefix import constants_renamed
from packager.emit.c._selftest import selftest_of
from packager.emit.c._weights import weights_of
from packager.interp import reference
from packager.ir import ABSENT, Graph, Model, TensorType
from packager.plan.memory import ALIGNMENT
from packager.util.hashing import sha256_bytes

_CTYPES = {"float32": "float"}


def values_of(model: Model, laid: Laid, arithmetic: str, golden: Samples, name: str, prefix: str) -> dict[str, Any]:
    inputs, outputs = _ports(model, laid, inputs=True), _ports(model, laid, inputs=False)
    kernels = sorted({call.kernel for layer in laid.layers for call in layer.invocations})
    facts = "\n".join([arithmetic, *(_interface(port) for port in (*inputs, *outputs)), str(laid.arena_bytes)])
    return {
        "name": text.comment(name),
        "arithmetic": arithmetic,
        "inputs": inputs,
        "outputs": outputs,
        "arena": -(-laid.arena_bytes // ALIGNMENT) * ALIGNMENT,
        "bound": laid.plan.lower_bound_bytes,
        "states": list(_states(model, laid)),
        "alignment": ALIGNMENT,
        "abi": sha256_bytes(facts.encode())[:8],
        "defines": laid.defines,
        "kernels": kernels,
        "layers": [_layer(laid, i, prefix) for i in range(len(laid.layers))],
        **weights_of([(constants_renamed(symbol, prefix), c) for symbol, c in _constants(laid)]),
        "selftest": selftest_of(model, laid, arithmetic, golden),
    }


def _ports(model: Model, laid: Laid, *, inputs: bool) -> list[Mapping[str, Any]]:
    tensors = model.main.inputs if inputs else model.main.outputs
    return [
        {
            "name": text.comment(model.main.tensors[t].name),
            "index": t,
            "literal": text.string(model.main.tensors[t].name),
            "offset": laid.plan.offsets[t],
            **_type(model.main.type_of(t)),
        }
        for t in tensors
    ]


def _states(model: Model, laid: Laid) -> Iterator[Mapping[str, Any]]:
    """Where each variable tensor lies, and the byte that it is filled with to begin."""
    for t, start in reference.initial_states(model.main).items():
        yield {
            "name": text.comment(model.main.tensors[t].name),
            "offset": laid.plan.offsets[t],
            "bytes": start.nbytes,
            "value": int(start.reshape(-1)[0]) if start.size else 0,
        }


def _interface(port: Mapping[str, Any]) -> str:
    """What a caller must know of a port; its name and index may change without harm."""
    return " ".join(str(port[key]) for key in ("ctype", "dims", "scale", "zero_point", "offset"))


def _type(type_: TensorType) -> dict[str, Any]:
    quantized = type_.is_quantized and type_.quant is not None
    return {
        "ctype": _CTYPES.get(type_.dtype.value, f"{type_.dtype.value}_t"),
        "dtype": type_.dtype.value,
        "dims": [abs(size) for size in type_.dims],
        "elements": type_.elements,
        "bytes": type_.nbytes,
        "scale": text.decimal(type_.scale) if quantized else "",
        "double": repr(float(np.float32(type_.scale))) if quantized else "0.0",
        "zero_point": type_.zero_point if quantized else 0,
    }


def _constants(laid: Laid) -> Iterator[tuple[str, Constant]]:
    """Every constant array by its C name: the layers' own, then those of the graph that calls read as they are."""
    read = " ".join(a for layer in laid.layers for call in layer.invocations for a in call.arguments)
    for op, layer in zip(laid.ops, laid.layers, strict=True):
        for constant in layer.constants:
            yield op.symbol(constant.name), constant
    for t in sorted({int(t) for t in re.findall(r"model_tensor_(\d+)", read)}):
        tensor = laid.ops[0].graph.tensors[t]
        assert tensor.data is not None, "it is constant"
        ctype = _CTYPES.get(tensor.type.dtype.value, f"{tensor.type.dtype.value}_t")
        yield f"model_tensor_{t}", Constant(name="tensor", ctype=ctype, values=tensor.data.reshape(-1))


def _layer(laid: Laid, index: int, prefix: str) -> dict[str, Any]:
    op, layer = laid.ops[index], laid.layers[index]
    return {
        "function": text.identifier(f"layer_{index}_{op.node.op.lower()}", op.graph.node_name(index)),
        "where": text.comment(op.where),
        "shapes": " to ".join(_shapes(op.graph, tensors) for tensors in (op.node.inputs, op.node.outputs)),
        "structs": [
            f"static const {type_} {name}[{len(items)}] = {constants_renamed(text.block(items, ' ' * 4), prefix)}"
            for type_, name, items in layer.structs
        ],
        "calls": [_call(layer, n, call, laid.scratch[index], prefix) for n, call in enumerate(layer.invocations)],
    }


def _shapes(graph: Graph, tensors: Iterable[int]) -> str:
    """Activations in words: their type and shape."""
    types = [graph.type_of(t) for t in tensors if t != ABSENT and not graph.tensors[t].is_constant]
    return ", ".join(f"{type_.dtype.value} {[abs(size) for size in type_.dims]}" for type_ in types)


def _call(layer: Layer, n: int, call: Invocation, scratch: int, prefix: str) -> dict[str, str]:
    variable = "call" if len(layer.invocations) == 1 else f"call_{n}"
    shared = " EP_THREADS" if call.shares else ""
    arguments = ", ".join(a if a != SCRATCH else f"AT({scratch})" for a in call.arguments)
    return {
        "struct": call.struct or f"ep_{call.kernel}",
        "variable": variable,
        "fields": constants_renamed(text.block(call.fields, " " * 4), prefix),
        "text": f"{call.function or f'ep_{call.kernel}_run'}"
        f"(&{variable}, {constants_renamed(arguments, prefix)}{shared});",
    }
