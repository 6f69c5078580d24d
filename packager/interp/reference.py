"""The numpy reference interpreter: one operator after the other, bit-exact on integers in both arithmetics."""

import dataclasses
import zlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from packager.errors import Diagnostic, EdgePackError, Severity, UnsupportedError
from packager.interp._samples import check, fixed_dims, own_dims
from packager.ir import ABSENT, DType, Graph, Model, Node
from packager.ops import ARITHMETICS, FAST17, MISFITS, Array, Call, OpDef, call_of, find_op, misfit

_CHUNK = 16
"""Samples computed at once: enough to fill a matrix product, few enough to stay in memory."""


Seen = Callable[[int, Sequence[Array]], None]
"""Told an operator's index and what it made of a chunk of samples, ``[samples, *type's dims]`` each."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LayerChecksum:
    """What one operator computes over a set of inputs."""

    index: int
    op: str
    name: str
    crc32: int
    """Of the outputs' bytes, sample after sample, in the order of the operator's outputs, little endian."""


def unsupported(model: Model) -> tuple[Diagnostic, ...]:
    """Each operator of the main graph that has no reference, with its place."""
    graph = model.main
    found = []
    for index, node in enumerate(graph.nodes):
        try:
            reason = _objection(graph, node)
        except MISFITS as error:
            reason = str(misfit("it", error))
        if reason:
            hint = "LiteRT may still run it; per-layer checks and golden vectors need a reference"
            found.append(Diagnostic(severity=Severity.ERROR, message=reason, where=graph.where(index), hint=hint))
    return tuple(found)


def run(model: Model, inputs: Sequence[Array], arithmetic: str = "xnnpack") -> tuple[Array, ...]:
    """Return the model's outputs over samples.

    Args:
        model: Static but for its batch, of operators that `unsupported` does not name. Samples are the steps of one
            stream: state is zero before the first, and passes from each to the next, as in LiteRT.
        inputs: One array an input, ``[count, ...]`` without the batch of 1, in the model's own types.
        arithmetic: ``integer`` or ``xnnpack``, or ``fast17`` of the FPGA's own.

    Returns:
        One array an output, ``[count, ...]``.

    Raises:
        UnsupportedError: an operator has no reference.
        ConfigError: the inputs do not fit the model.
    """
    return _outputs(model, inputs, arithmetic)


def trace(model: Model, inputs: Sequence[Array], arithmetic: str = "xnnpack") -> dict[int, Array]:
    """Return every activation by tensor index, ``[count, ...]``; arguments and errors as in `run`."""
    kept = model.main.activations()
    chunks = list(_evaluate(model, inputs, arithmetic, keep=set(kept)))
    return {t: np.concatenate([chunk[t] for chunk in chunks]) for t in kept if t in chunks[0]}


def layer_checksums(model: Model, inputs: Sequence[Array], arithmetic: str = "xnnpack") -> tuple[LayerChecksum, ...]:
    """Return a checksum of what each operator computes over the inputs, in the order of the operators."""
    return run_with_checksums(model, inputs, arithmetic)[1]


def run_with_checksums(
    model: Model, inputs: Sequence[Array], arithmetic: str = "xnnpack"
) -> tuple[tuple[Array, ...], tuple[LayerChecksum, ...]]:
    """Return what `run` and `layer_checksums` do, computed once."""
    graph = model.main
    sums = [0] * len(graph.nodes)

    def seen(index: int, outputs: Sequence[Array]) -> None:
        little = [np.ascontiguousarray(a.astype(a.dtype.newbyteorder("<"), copy=False)) for a in outputs]
        for sample in zip(*little, strict=True):
            for array in sample:
                sums[index] = zlib.crc32(array.tobytes(), sums[index])

    found = _outputs(model, inputs, arithmetic, seen)
    return found, tuple(
        LayerChecksum(index=i, op=node.display_op, name=graph.node_name(i), crc32=sums[i])
        for i, node in enumerate(graph.nodes)
    )


def _outputs(model: Model, inputs: Sequence[Array], arithmetic: str, seen: Seen | None = None) -> tuple[Array, ...]:
    wanted = set(model.main.outputs)
    chunks = [{t: values[t] for t in wanted} for values in _evaluate(model, inputs, arithmetic, keep=wanted, seen=seen)]
    return tuple(np.concatenate([chunk[t] for chunk in chunks]) for t in model.main.outputs)


def _objection(graph: Graph, node: Node) -> str:
    op = find_op(node.op)
    if op is None:
        return f"the operator {node.display_op} has no reference"
    call = call_of(graph, node)
    variables = {i for i, t in enumerate(node.inputs) if t != ABSENT and graph.tensors[t].is_variable}
    if variables - set(op.state):
        return f"{node.op} reads a variable tensor"
    if call.inputs and call.inputs[0] is not None and call.inputs[0].dtype not in op.types:
        return f"{node.op} has no reference for {call.inputs[0].dtype}"
    return op.objection(call)


def _evaluate(
    model: Model, inputs: Sequence[Array], arithmetic: str, *, keep: set[int], seen: Seen | None = None
) -> Iterator[dict[int, Array]]:
    """Yield the kept tensors chunk by chunk of samples, each as `_samples` lays them out."""
    if arithmetic not in (*ARITHMETICS, FAST17):
        raise EdgePackError(f"{arithmetic!r} is not an arithmetic", hint=f"one of {', '.join(ARITHMETICS)}, {FAST17}")
    if found := unsupported(model):
        raise UnsupportedError.from_diagnostics(f"the reference interpreter, model {model.name!r}", found)
    graph = model.main
    count = check(inputs, model.input_names(), model.input_types())
    states = initial_states(graph)
    chunk = 1 if states else _CHUNK
    last_use = {t: users[-1] for t, users in graph.consumers().items()}
    for start in range(0, max(count, 1), chunk):
        values: dict[int, Array] = {
            t: given[start : start + chunk].reshape(-1, *fixed_dims(graph.type_of(t)))
            for t, given in zip(graph.inputs, inputs, strict=True)
        }
        for index, node in enumerate(graph.nodes):
            try:
                outputs = _apply(graph, node, values, arithmetic, states)
                _check_types(graph, node, outputs)
            except MISFITS as error:
                raise misfit(graph.where(index), error) from error
            if seen is not None:
                seen(index, outputs)
            values.update(zip(node.outputs, outputs, strict=True))
            for t in (*node.inputs, *node.outputs):
                if t not in keep and last_use.get(t, -1) <= index:
                    values.pop(t, None)
        yield {t: a.reshape(a.shape[0], *own_dims(a.shape[1:])) for t, a in values.items() if t in keep}


def initial_states(graph: Graph) -> dict[int, Array]:
    """Return what each variable tensor holds before the first run: real zeros, as LiteRT resets them."""
    found = {}
    for t in dict.fromkeys(t for node in graph.nodes for t in node.inputs):
        if t != ABSENT and graph.tensors[t].is_variable:
            type_ = graph.type_of(t)
            fill = type_.zero_point if type_.is_quantized and type_.dtype is DType.INT8 else 0
            found[t] = np.full(fixed_dims(type_), fill, type_.dtype.numpy)
    return found


def _apply(
    graph: Graph, node: Node, values: dict[int, Array], arithmetic: str, states: dict[int, Array]
) -> tuple[Array, ...]:
    """One operator on a chunk: arrays are ``[samples, *type's dims]``, constants are as they are.

    An operator with state gets one sample a chunk, and leaves its state in `states`.
    """
    op = find_op(node.op)
    assert op is not None, "named by unsupported()"
    call = _static(call_of(graph, node, arithmetic))
    samples = max((values[t].shape[0] for t in node.inputs if t in values), default=1)
    if not samples:
        return tuple(np.zeros((0, *type_.dims), type_.dtype.numpy) for type_ in call.outputs)
    if _stacks(op, call, node, values):
        merged = [
            values[t].reshape(-1, *values[t].shape[2:]) if t in values else _constant(graph, t) for t in node.inputs
        ]
        return tuple(
            out.reshape(samples, *type_.dims)
            for out, type_ in zip(op.reference(call, merged), call.outputs, strict=True)
        )
    each = [
        op.reference(call, [values[t][i] if t in values else _kept(graph, t, states) for t in node.inputs])
        for i in range(samples)
    ]
    for place, position in enumerate(op.state, len(call.outputs)):
        states[node.inputs[position]] = each[-1][place]
    return tuple(
        np.stack([np.asarray(one[i]).reshape(type_.dims) for one in each]) for i, type_ in enumerate(call.outputs)
    )


def _check_types(graph: Graph, node: Node, outputs: Sequence[Array]) -> None:
    for t, array in zip(node.outputs, outputs, strict=True):
        wanted = graph.type_of(t).dtype
        if array.dtype != wanted.numpy:
            raise ValueError(f"it computes {array.dtype}, {graph.tensors[t].name!r} is {wanted}")


def _static(call: Call) -> Call:
    """The call with every dynamic dimension, the batch, as 1."""
    return dataclasses.replace(
        call,
        inputs=tuple(None if t is None else dataclasses.replace(t, shape=fixed_dims(t)) for t in call.inputs),
        outputs=tuple(dataclasses.replace(t, shape=fixed_dims(t)) for t in call.outputs),
    )


def _stacks(op: OpDef, call: Call, node: Node, values: dict[int, Array]) -> bool:
    """Whether samples can be merged into the first dimension: it must be the same batch for all that carry samples."""
    carriers = [i for i, t in enumerate(node.inputs) if t in values]
    ranks = {len(call.input(i).dims) for i in carriers}
    if not carriers or carriers[-1] >= op.stacked or 0 in ranks or not call.output.dims:
        return False
    firsts = {call.input(i).dims[0] for i in carriers}
    if op.stacked > 1 and (len(ranks) > 1 or len(firsts) > 1):
        return False
    return op.stacked == 1 or all(
        len(type_.dims) < max(ranks) or (len(type_.dims) == max(ranks) and type_.dims[0] == 1)
        for i, type_ in enumerate(call.inputs)
        if type_ is not None and i not in carriers
    )


def _kept(graph: Graph, index: int, states: dict[int, Array]) -> Array | None:
    return states[index] if index in states else _constant(graph, index)


def _constant(graph: Graph, index: int) -> Array | None:
    return None if index == ABSENT else graph.tensors[index].data
