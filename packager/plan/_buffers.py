"""What needs bytes of the arena, and when: tensors that are one buffer, and the operators it is live at."""

import dataclasses
from collections.abc import Iterator, Mapping

from packager.ir import ABSENT, Graph

_ALIASES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""Operators whose output holds the same bytes as their first input, so that both may be one buffer."""
_IN_PLACE: Mapping[str, int] = {
    **dict.fromkeys(("ABS", "CEIL", "COS", "ELU", "EXP", "FLOOR", "GELU", "HARD_SWISH", "LEAKY_RELU", "LOG", "NEG"), 1),
    **dict.fromkeys(("LOGISTIC", "QUANTIZE", "RELU", "RELU6", "RELU_N1_TO_1", "RSQRT", "SIN", "SQRT", "SQUARE"), 1),
    **dict.fromkeys(("TANH", "SOFTMAX", "LOG_SOFTMAX", "PRELU", "RELU_0_TO_1"), 1),
    **dict.fromkeys(("ADD", "SUB", "MUL", "DIV", "MINIMUM", "MAXIMUM", "SQUARED_DIFFERENCE"), 2),
}
"""Operators that read each element before they write the one in its place, and how many of their first inputs they may
overwrite so. Kernels, the generated C among them, must hold to it."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Buffer:
    """Tensors that share their bytes, and when: from operator `first` to operator `last`, both included."""

    tensors: tuple[int, ...]
    size: int
    first: int
    last: int

    @property
    def area(self) -> int:
        return self.size * (self.last - self.first + 1)


def shares_bytes(graph: Graph, index: int) -> bool:
    """Whether an operator's output holds the bytes of its first input, so that both are one buffer."""
    node = graph.nodes[index]
    if node.op not in _ALIASES:
        return False
    both = (graph.tensors[node.inputs[0]], graph.tensors[node.outputs[0]])
    return both[0].type.nbytes == both[1].type.nbytes and not any(t.is_variable or t.is_constant for t in both)


def may_overwrite(graph: Graph, index: int) -> Iterator[int]:
    """Yield the inputs in whose bytes an operator may leave its output, if nothing else needs them any more."""
    node = graph.nodes[index]
    count = _IN_PLACE.get(node.op, 0)
    for t in dict.fromkeys(node.inputs[:count]):
        tensor, output = graph.tensors[t], graph.type_of(node.outputs[0])
        same = (tensor.type.dims, tensor.type.dtype.bits) == (output.dims, output.dtype.bits)
        if t != ABSENT and same and not (tensor.is_variable or tensor.is_constant):
            yield t


def buffers_of(graph: Graph) -> Iterator[Buffer]:
    """Yield the buffers of a graph in the order of first use; a variable tensor is live throughout."""
    end = max(0, len(graph.nodes) - 1)
    life: dict[int, tuple[int, int]] = {t: (0, 0) for t in graph.inputs if t != ABSENT}
    for i, node in enumerate(graph.nodes):
        life.update((t, (i, i)) for t in node.outputs)
        for t in node.inputs:
            if t != ABSENT and t in life:
                life[t] = (life[t][0], i)
            elif t != ABSENT and graph.tensors[t].is_variable:
                life[t] = (0, end)
    life.update((t, (0, end)) for t in life if graph.tensors[t].is_variable)
    life.update((t, (life[t][0], end)) for t in graph.outputs if t in life)
    for tensors in _aliases(graph, life):
        yield Buffer(
            tensors=tensors,
            size=max(graph.type_of(t).nbytes for t in tensors),
            first=min(life[t][0] for t in tensors),
            last=max(life[t][1] for t in tensors),
        )


def _aliases(graph: Graph, life: Mapping[int, tuple[int, int]]) -> list[tuple[int, ...]]:
    """Group the tensors that are one buffer, in the order of first use."""
    root = {t: t for t in life}
    groups: dict[int, list[int]] = {t: [t] for t in life}

    def join(result: int, source: int) -> None:
        moved = groups.pop(root[result])
        groups[root[source]] += moved
        root.update(dict.fromkeys(moved, root[source]))

    indices = range(len(graph.nodes))
    for i in indices:
        if shares_bytes(graph, i) and graph.nodes[i].inputs[0] in life:
            join(graph.nodes[i].outputs[0], graph.nodes[i].inputs[0])
    for i in indices:
        for t in may_overwrite(graph, i):
            group = groups[root[t]] if t in life else []
            if group and not set(group) & set(graph.outputs) and max(life[g][1] for g in group) == i:
                join(graph.nodes[i].outputs[0], t)
                break
    return [tuple(group) for group in groups.values()]
