"""A graph that ends earlier: detection heads and post-processing split off, for the application to do."""

import dataclasses
from collections.abc import Iterable, Sequence

from packager.errors import ConfigError, Diagnostic, Severity, did_you_mean
from packager.ir import ABSENT, Graph, Model, compact
from packager.rewrite import Pass, PassResult

_FEW = 3


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CutAt(Pass):
    """Makes the named tensors the outputs, in the order given, and drops what they do not need.

    A name is a tensor's, one of the parts that a converter joined by ``;``, an output's in the signature, or the end of
    such a name behind a ``/``, as `edgepack inspect` leaves the scope out. Exact: what is left computes what it did.
    """

    names: tuple[str, ...]

    def apply(self, model: Model) -> PassResult:
        """Raises: ConfigError for a name of no tensor, of several, or of one that no operator computes."""
        if not self.names:
            return PassResult(model=model, changed=False)
        graph = model.main
        outputs = tuple(dict.fromkeys(_find(model, name) for name in self.names))
        kept = _needed(graph, outputs)
        nodes = tuple(node for i, node in enumerate(graph.nodes) if i in kept)
        read = {t for node in nodes for t in node.inputs}
        inputs = tuple(t for t in graph.inputs if t in read)
        signatures = tuple(
            dataclasses.replace(
                s,
                inputs=tuple((name, t) for name, t in s.inputs if t in inputs),
                outputs=tuple((_label(s.outputs, graph, t), t) for t in outputs),
            )
            if s.graph == 0
            else s
            for s in model.signatures
        )
        cut = dataclasses.replace(graph, nodes=nodes, inputs=inputs, outputs=outputs)
        dropped = len(graph.nodes) - len(nodes)
        where = ", ".join(repr(graph.tensors[t].name) for t in outputs)
        note = Diagnostic(
            severity=Severity.NOTE, message=f"the graph ends at {where}: {dropped} operators behind are left out"
        )
        smaller = dataclasses.replace(model.with_main(cut), signatures=signatures)
        return PassResult(model=compact(smaller), changed=True, notes=(note,))

    def ensures(self, model: Model) -> Iterable[str]:
        if self.names and not model.main.nodes:
            yield "nothing is left"


def _find(model: Model, name: str) -> int:
    graph = model.main
    computed = {t: graph.tensors[t].name for node in graph.nodes for t in node.outputs}
    signed = [t for s in model.signatures if s.graph == 0 for label, t in s.outputs if label == name and t in computed]
    for found in (
        [t for t, own in computed.items() if own == name],
        [t for t, own in computed.items() if name in own.split(";")],
        signed,
        [t for t, own in computed.items() if any(part.endswith(f"/{name}") for part in own.split(";"))],
    ):
        if len(found) > 1:
            many = ", ".join(repr(computed[t]) for t in found[:3])
            raise ConfigError(f"{model.name}: {name!r} names {len(found)} tensors: {many}", hint="give the full name")
        if found:
            return found[0]
    if name in (tensor.name for tensor in graph.tensors):
        raise ConfigError(
            f"{model.name}: no operator computes {name!r}",
            hint="cut behind an operator; see edgepack inspect",
        )
    known = {part for own in computed.values() for part in (own, *own.split(";"))}
    holding = sorted(own for own in known if name.lower() in own.lower())[:_FEW]
    hint = f"did you mean {' or '.join(map(repr, holding))}?" if holding else did_you_mean(name, known)
    raise ConfigError(f"{model.name}: no tensor named {name!r}", hint=hint)


def _needed(graph: Graph, outputs: Sequence[int]) -> set[int]:
    """Indices of the operators that some output waits for."""
    makers = graph.producers()
    kept: set[int] = set()
    waiting = list(outputs)
    while waiting:
        maker = makers.get(waiting.pop())
        if maker is not None and maker not in kept:
            kept.add(maker)
            waiting += [t for t in graph.nodes[maker].inputs if t != ABSENT]
    return kept


def _label(before: Iterable[tuple[str, int]], graph: Graph, t: int) -> str:
    """An output keeps its name in the signature; a new one takes its tensor's."""
    return next((label for label, index in before if index == t), graph.tensors[t].name)
