"""LiteRT, run in a child process: the engine that users' devices run, and the judge of the reference interpreter."""

import importlib.metadata
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from packager.errors import ConfigError, UnsupportedError
from packager.ir import ABSENT, read_tflite_bytes
from packager.ops import Array
from packager.util import child

RESOLVERS = {
    "default": "BUILTIN",
    "reference": "BUILTIN_REF",
    "builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES",
}
"""``default`` applies the XNNPACK delegate, ``reference`` is the portable kernels, ``builtin`` the optimized ones."""

_CUSTOM = re.compile(r"unresolved custom op: (\w+)")


def litert_version() -> str:
    return importlib.metadata.version("ai-edge-litert")


def run_litert(
    blob: bytes, inputs: Sequence[Array], *, resolver: str = "default", threads: int = 1
) -> tuple[Array, ...]:
    """Return the outputs of a ``.tflite`` file over samples.

    Args:
        blob: The file's bytes. A dynamic batch is set to 1.
        inputs: One array an input, ``[count, ...]`` without the batch of 1, in the model's own types.
        resolver: ``default``, ``reference`` or ``builtin``, see `RESOLVERS`.
        threads: For the delegate and the optimized kernels.

    Returns:
        One array an output, ``[count, ...]``.

    Raises:
        UnsupportedError: LiteRT refuses the model.
        ConfigError: the inputs do not fit it.
        ToolError: LiteRT crashed.
    """
    results: tuple[Array, ...] = child.call(_outputs, blob, list(inputs), RESOLVERS[resolver], threads)
    return results


def trace_litert(
    blob: bytes, inputs: Sequence[Array], tensors: Sequence[int], *, resolver: str = "reference"
) -> dict[int, Array]:
    """Return tensors by index over samples, ``[count, ...]``; arguments and errors as in `run_litert`.

    Under ``default`` the tensors inside what the delegate took hold nothing: ask for ``reference`` or ``builtin``.
    """
    found: dict[int, Array] = child.call(tensors_of, blob, list(inputs), list(tensors), RESOLVERS[resolver])
    return found


def _outputs(blob: bytes, inputs: list[Array], resolver: str, threads: int) -> tuple[Array, ...]:
    interpreter = _interpreter(blob, inputs, resolver, threads)
    wanted = [d["index"] for d in interpreter.get_output_details()]
    found = _invoke(interpreter, inputs, wanted)
    return tuple(np.stack(values) for values in found)


def tensors_of(blob: bytes, inputs: list[Array], tensors: list[int], resolver: str) -> dict[int, Array]:
    """`trace_litert` in this very process, for what runs in a child already; `resolver` is LiteRT's own name."""
    interpreter = _interpreter(blob, inputs, resolver, 1, experimental_preserve_all_tensors=True)
    found = _invoke(interpreter, inputs, tensors)
    return {t: np.stack(values) for t, values in zip(tensors, found, strict=True)}


def _interpreter(blob: bytes, inputs: list[Array], resolver: str, threads: int, **options: Any) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            model_content=blob,
            num_threads=threads,
            experimental_op_resolver_type=getattr(OpResolverType, resolver),
            **options,
        )
        details = interpreter.get_input_details()
        if len(details) != len(inputs):
            raise ConfigError(f"the model has {len(details)} inputs, {len(inputs)} arrays were given")
        for detail in details:
            signature = [int(size) for size in detail["shape_signature"]]
            if -1 in signature:
                interpreter.resize_tensor_input(detail["index"], [1 if s < 0 else s for s in signature])
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        message = f"LiteRT {litert_version()} refuses the model: {_first_line(error)}"
        raise UnsupportedError(message, hint=_way_round(blob, str(error))) from None
    return interpreter


def _way_round(blob: bytes, error: str) -> str:
    """Where the graph could end instead of in a custom operator that LiteRT does not bring."""
    if not (found := _CUSTOM.search(error)):
        return ""
    graph = read_tflite_bytes(blob, name="model", source="model").main
    reads = {t: None for node in graph.nodes if node.custom_code == found[1] for t in node.inputs if t != ABSENT}
    cuts = [f"--cut-at {graph.tensors[t].name!r}" for t in reads if graph.tensors[t].data is None]
    return f"end the graph before it: {' '.join(cuts)}" if cuts else ""


def _invoke(interpreter: Any, inputs: list[Array], wanted: Sequence[int]) -> list[list[Array]]:
    details = interpreter.get_input_details()
    found: list[list[Array]] = [[] for _ in wanted]
    for i in range(len(inputs[0]) if inputs else 1):
        for detail, array in zip(details, inputs, strict=True):
            if array.dtype != detail["dtype"] or array[i].size != np.prod(detail["shape"], dtype=np.int64):
                shape = ", ".join(map(str, detail["shape"]))
                raise ConfigError(
                    f"input {detail['name']!r} is given as {array.dtype} {array.shape}, "
                    f"wanted {np.dtype(detail['dtype'])} samples of [{shape}]"
                )
            interpreter.set_tensor(detail["index"], array[i].reshape(detail["shape"]))
        try:
            interpreter.invoke()
        except RuntimeError as error:
            raise UnsupportedError(f"LiteRT {litert_version()} can't run the model: {_first_line(error)}") from None
        for values, t in zip(found, wanted, strict=True):
            value = interpreter.get_tensor(t)
            values.append(value[0] if value.ndim and value.shape[0] == 1 else value)
    return found


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
