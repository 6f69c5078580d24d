"""The runtime's files: kernels as they are, templates filled in, constants as one file."""

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from packager.bundle import Entry
from packager.config.samples import Samples
from packager.data import data_dir
from packager.emit.c import _text as text
from packager.emit.c._contract import SCRATCH, Constant, Invocation, Layer
from packager.emit.c._costs import ANY, Target
from packager.emit.c._plan import Laid, lay_out
from packager.emit.c._prefix import DEFAULT, constants_renamed, renamed
from packager.emit.c._selftest import selftest_of
from packager.emit.c._weights import weights_of
from packager.interp import reference
from packager.ir import ABSENT, Graph, Model, TensorType
from packager.plan.memory import ALIGNMENT
from packager.util.hashing import sha256_bytes

_FOLDER = "c"
_INCLUDE = re.compile(r'^#include "(\w+)\.h"', re.MULTILINE)
_ALWAYS = {"edgepack", "threads"}
"""The header that the generated files include themselves."""
_CTYPES = {"float32": "float"}
_COPIED = ("main.c", "hosted.h", "linux.h", "support.c", "threads.h", "threads.c")
_RENDERED = (
    *("model.h", "model.c", "model_weights.h", "model_weights.c", "selftest.c"),
    *("CMakeLists.txt", "Makefile", "model.py"),
)
_ARRAYS = "model_weights_arrays.h"


def emit_c(
    model: Model,
    arithmetic: str,
    golden: Samples,
    *,
    name: str,
    root: str = "runtime/c",
    prefix: str = DEFAULT,
    target: Target = ANY,
) -> tuple[Entry, ...]:
    """Return the files of a C runtime under `root`.

    Args:
        model: An int8 model that `unsupported` has nothing against.
        arithmetic: ``integer`` or ``xnnpack``.
        golden: Inputs in the model's own types, for the self-test.
        name: Of the model, for headings.
        root: Folder in the bundle.
        prefix: Of the names that the code exports; `check_prefix` has nothing against it.
        target: For which zero weights are left out where that pays; the code runs on any CPU all the same.
    """
    laid = lay_out(model, arithmetic, target)
    values = {**_values(model, laid, arithmetic, golden, name, prefix), "prefix": prefix}
    entries = [_source(root, path, renamed(text_, prefix).encode()) for path, text_ in _static(laid)]
    if prefix != DEFAULT:
        entries.append(_source(root, f"{prefix}.h", b'#include "model.h"\n'))
    entries.append(_source(root, "model_weights.bin", values["blob"]))
    rendered = (*_RENDERED, _ARRAYS) if values["arrays"] else _RENDERED
    entries += [_source(root, path, _render(path, values)) for path in rendered]
    page = _render("README.md", values)
    return (*entries, Entry(path=f"{root}/README.md", content=page, role="doc"))


def _render(path: str, values: Mapping[str, Any]) -> bytes:
    """One file of a template; `values` hold the prefix of its names."""
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - C and Markdown, not HTML
    )
    template = (data_dir("templates") / _FOLDER / f"{path}.j2").read_text("utf-8")
    return environment.from_string(renamed(template, values["prefix"])).render(values).encode()


def _source(root: str, path: str, content: bytes) -> Entry:
    return Entry(path=f"{root}/{path}", content=content, role="source")


def _static(laid: Laid) -> Iterator[tuple[str, str]]:
    """The runner, the kernels that are called, and what they include."""
    folder = data_dir("templates") / _FOLDER
    for path in _COPIED:
        yield path, (folder / path).read_text("utf-8")
    wanted = {call.kernel for layer in laid.layers for call in layer.invocations}
    for kernel in sorted(_included(folder / "kernels", wanted | _ALWAYS)):
        yield f"kernels/{kernel}.h", (folder / "kernels" / f"{kernel}.h").read_text("utf-8")


def _included(folder: Traversable, wanted: set[str]) -> set[str]:
    """Kernels, and headers that they include, by name."""
    found: set[str] = set()
    waiting = set(wanted)
    while waiting:
        kernel = waiting.pop()
        found.add(kernel)
        waiting |= set(_INCLUDE.findall((folder / f"{kernel}.h").read_text("utf-8"))) - found
    return found


def _values(model: Model, laid: Laid, arithmetic: str, golden: Samples, name: str, prefix: str) -> dict[str, Any]:
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
