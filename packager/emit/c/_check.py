"""What keeps a model from becoming C, operator by operator, all of it at once."""

from collections.abc import Iterator

from packager.emit.c._contract import Op, Problem
from packager.emit.c._find import find_kernel
from packager.emit.c._instead import instead_of
from packager.errors import Diagnostic, Severity
from packager.interp import reference
from packager.ir import ABSENT, DType, Graph, Model
from packager.ops import MISFITS, misfit

_ACTIVATIONS = frozenset({DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.FLOAT32})
"""Types of tensors that reach a kernel at run time."""
_FAR = 2.0**40
"""Beyond the scale of any tensor."""
_WORD = 16
"""Bits of the widest elements whose scale is reckoned with."""


def unsupported(model: Model, arithmetic: str) -> tuple[Diagnostic, ...]:
    """Return an error for each part of `model` that has no kernel; empty where all of it can be generated."""
    return tuple(_found(model, arithmetic))


def _found(model: Model, arithmetic: str) -> Iterator[Diagnostic]:
    graph = model.main
    if len(model.graphs) > 1:
        yield _error("the model", "it calls subgraphs", "use a model without control flow")
        return
    unset = [t for t in (*graph.inputs, *graph.activations()) if t != ABSENT and _dynamic(graph, t)]
    if unset:
        name = graph.tensors[unset[0]].name
        yield _error(f"tensor {name!r}", "its shape is not fixed", "give the input's shape with --input-shape")
        return
    if empty := [t for t in (*graph.inputs, *graph.activations()) if t != ABSENT and not graph.type_of(t).elements]:
        yield _error(f"tensor {graph.tensors[empty[0]].name!r}", "it has no elements", "remove it from the model")
        return
    yield from _ports(graph)
    without_reference = {d.where: d for d in reference.unsupported(model)}
    for index in range(len(graph.nodes)):
        op = Op(graph, index, arithmetic, {})
        if op.where in without_reference and find_kernel(op.node.op) is not None:
            yield without_reference[op.where]
        else:
            yield from _operator(op)


def _ports(graph: Graph) -> Iterator[Diagnostic]:
    for t in graph.outputs:
        if graph.tensors[t].is_constant:
            yield _error(f"output {graph.tensors[t].name!r}", "is a constant", "remove it from the model")


def _dynamic(graph: Graph, t: int) -> bool:
    """Whether a dimension other than the batch, which is 1, has no fixed size."""
    type_ = graph.type_of(t)
    return type_.shape is None or any(d < 0 for d in type_.dims)


def _operator(op: Op) -> Iterator[Diagnostic]:
    kernel = find_kernel(op.node.op)
    if kernel is None:
        yield _error(op.where, "has no C kernel", instead_of(op.node.display_op))
        return
    strange = [t for t in (*op.node.inputs, *op.node.outputs) if _is_strange(op.graph, t)]
    if strange:
        tensor = op.graph.tensors[strange[0]]
        yield _error(
            op.where, f"{tensor.name!r} is {tensor.type.dtype}, kernels take int8 or int16", "quantize it to int8"
        )
        return
    split = [t for t in (*op.node.inputs, *op.node.outputs) if _has_many_scales(op.graph, t)]
    if split:
        name = op.graph.tensors[split[0]].name
        yield _error(op.where, f"{name!r} has a scale for each channel", "quantize activations per tensor")
        return
    far = [t for t in (*op.node.inputs, *op.node.outputs) if _is_far(op, t)]
    if far:
        tensor = op.graph.tensors[far[0]]
        yield _error(op.where, f"{tensor.name!r} has a scale that is no model's", "recalibrate, or mend the file")
        return
    try:
        problems = list(kernel.problems(op))
    except MISFITS as error:
        problems = [Problem(str(misfit("it", error)), "mend the model, or convert it anew")]
    for problem in problems:
        yield _error(op.where, problem.message, problem.hint)


def _is_strange(graph: Graph, t: int) -> bool:
    if t == ABSENT or graph.tensors[t].is_constant:
        return False
    return graph.type_of(t).dtype not in _ACTIVATIONS


def _has_many_scales(graph: Graph, t: int) -> bool:
    if t == ABSENT or graph.tensors[t].is_constant:
        return False
    quant = graph.type_of(t).quant
    return quant is not None and quant.is_per_channel


def _is_far(op: Op, t: int) -> bool:
    """Whether a product of two such scales, or its quotient by one, may leave the range of float32.

    The weights and the bias of a channel that nothing trained may have any next to zero: visual wake words have 3e-13.
    """
    if t == ABSENT or op.graph.type_of(t).dtype.bits > _WORD:
        return False
    quant = op.graph.type_of(t).quant
    divides = t in op.node.outputs or op.graph.tensors[t].is_variable
    least = 1 / _FAR if divides else 0.0
    return quant is not None and any(not least <= scale <= _FAR for scale in quant.scale)


def _error(where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where=where, message=message, hint=hint)
