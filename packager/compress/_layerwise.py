"""What a step cost layer by layer: the compressed model started from the original's activations, ever later.

With the operators up to some layer as they were before the step and all later ones as it left them, outputs are worth
something between the two models. What is gained as one more layer is taken from before is the cost of that layer; all
of them add up to what the step cost. Pruned channels need no special rule: what is handed over are the channels that
are left, so that the cost of those that went counts where they would have been read. The same holds of positions.
"""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from packager.compress._contract import Array, Compressed
from packager.compress._layers import layers_of
from packager.compress._measure import Measurer
from packager.compress._parts import Parts
from packager.compress._rows import in_place, traced
from packager.config.samples import Samples
from packager.figure import LayerCost
from packager.ir import ABSENT, Graph, Model, compact, read_tflite_bytes, write_tflite
from packager.quantize.fidelity import sqnr_of
from packager.quantize.trace import Energies
from packager.util.child import call

_LEAST, MOST = 4, 256
"""Inputs that are looked at."""
_EFFORT = 200_000_000_000
"""Multiply-accumulates that all runs may take together beyond the least inputs: some tens of seconds of one core."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """A place between two operators, where the original's activations can be handed to the compressed model."""

    layer: str
    """The last layer before the next such place, which is charged."""
    index: int
    """Of the first operator of the compressed model behind it."""
    live: tuple[tuple[int, int], ...]
    """Tensors that are handed over: of the compressed model, and of the original."""
    result: tuple[int, int]
    """What the charged layer computes, in either; `ABSENT` where the original has it not."""


def layer_costs(before: Model, done: Compressed, teacher: Model, samples: Samples) -> tuple[LayerCost, ...]:
    """Measure what a step cost; nothing where it changed nothing, or left too little of the original to compare with.

    Args:
        before: The float model that the step was given.
        done: What it made of it.
        teacher: Whose outputs tell the loss.
        samples: At most `MOST` of them are run, fewer of large models.

    Raises:
        UnsupportedError: LiteRT can't run a part of the model.
    """
    after = done.model
    if after is before:
        return ()
    cuts = tuple(cuts_of(before.main, after.main, done.parts))
    if len(cuts) < 2:
        return ()
    macs = sum(layer.macs for layer in layers_of(before.main))
    few = samples.head(min(max(_EFFORT // max(2 * macs * len(cuts), 1), _LEAST), MOST))
    measure = Measurer(teacher, few)
    last = measure([before])[0]
    outputs, ratios = call(
        _measured, write_tflite(before), write_tflite(after), list(few.arrays.values()), cuts, done.parts, done.rescaled
    )
    scores = [*(measure.score(found) for found in outputs), last]
    return tuple(
        LayerCost(
            layer=cut.layer,
            sqnr_db=ratio,
            loss=scores[i].loss - scores[i + 1].loss,
            drop=scores[i + 1].value - scores[i].value,
        )
        for i, (cut, ratio) in enumerate(zip(cuts, ratios, strict=True))
    )


def cuts_of(before: Graph, after: Graph, parts: Parts) -> Iterator[Cut]:
    """Every place in front of a layer where all that is alive is known of the original, in order."""
    old = {before.tensors[t].name: t for t in (*before.inputs, *before.activations())}
    layers = [layer for layer in layers_of(after) if len(layer.call.node.outputs) == 1]
    places: list[tuple[int, tuple[tuple[int, int], ...]]] = []
    for layer in layers:
        start = 0 if not places else layer.index
        live = _live(after, start)
        pairs = [(t, old.get(after.tensors[t].name, ABSENT)) for t in live]
        if all(u != ABSENT and _matches(after, t, before, u, parts) for t, u in pairs):
            places.append((start, tuple(pairs)))
    for i, (start, handed) in enumerate(places):
        end = places[i + 1][0] if i + 1 < len(places) else len(after.nodes)
        own = [layer for layer in layers if start <= layer.index < end]
        result = own[-1].call.node.outputs[0]
        twin = old.get(after.tensors[result].name, ABSENT)
        known = twin != ABSENT and _matches(after, result, before, twin, parts)
        yield Cut(layer=own[-1].name, index=start, live=handed, result=(result, twin if known else ABSENT))


def _live(graph: Graph, index: int) -> list[int]:
    """Tensors that are there before an operator, and are read by it or later."""
    made = {*graph.inputs, *(t for node in graph.nodes[:index] for t in node.outputs)}
    read = {t for node in graph.nodes[index:] for t in node.inputs} | {*graph.outputs}
    return sorted(made & read)


def _matches(after: Graph, t: int, before: Graph, u: int, parts: Parts) -> bool:
    return after.type_of(t).dims == parts[after.tensors[t].name].dims(before.type_of(u).dims)


def _measured(
    first: bytes,
    second: bytes,
    inputs: list[Array],
    cuts: Sequence[Cut],
    parts: Parts,
    rescaled: bool,  # noqa: FBT001 - `call` passes arguments by place
) -> tuple[list[list[Array]], list[float]]:
    """The child's side: for each cut the outputs, and its layer's signal over noise."""
    before, after = (read_tflite_bytes(blob, name="model", source="model") for blob in (first, second))
    names = [tensor.name for tensor in after.main.tensors]
    wanted = {u for cut in cuts for _, u in (*cut.live, cut.result) if u != ABSENT}
    own = {t for cut in cuts for t, u in (*cut.live, cut.result) if u != ABSENT}
    outputs: list[list[list[Array]]] = [[] for _ in cuts]
    energies = [Energies() for _ in cuts]
    start = 0
    for old in traced(before, inputs, sorted(wanted), in_place):
        size = len(next(iter(old.values())))
        part = [x[start : start + size] for x in inputs]
        start += size
        (new,) = [in_place(second, part, sorted(own))]

        def given(t: int, u: int, old: dict[int, Array] = old, new: dict[int, Array] = new) -> Array:
            """The original's tensor, as the compressed model wants it."""
            value = parts[names[t]].of(old[u])
            return _scaled(value, new[t]) if rescaled else value

        for i, cut in enumerate(cuts):
            outputs[i].append(_continued(after, cut, [given(t, u) for t, u in cut.live]))
            t, u = cut.result
            if u != ABSENT:
                energies[i].add(given(t, u), new[t])
    joined = [[np.concatenate(parts) for parts in zip(*chunks, strict=True)] for chunks in outputs]
    return joined, [sqnr_of(each) for each in energies]


def _continued(model: Model, cut: Cut, given: list[Array]) -> list[Array]:
    """The outputs ``[count, ...]`` of the model from an operator on."""
    graph, live = model.main, [t for t, _ in cut.live]
    rest = dataclasses.replace(
        graph,
        nodes=graph.nodes[cut.index :],
        inputs=tuple(live),
        outputs=tuple(t for t in graph.outputs if t not in live),
    )
    known = dict(zip(live, given, strict=True))
    if rest.outputs:
        part = compact(dataclasses.replace(model.with_main(rest), signatures=()))
        found = in_place(write_tflite(part), given, list(part.main.outputs))
        known |= dict(zip(rest.outputs, (found[t] for t in part.main.outputs), strict=True))
    return [known[t] for t in graph.outputs]


def _scaled(value: Array, like: Array) -> Array:
    """Each channel times the factor that brings it nearest to another's: of a layer whose channels were rescaled."""
    x, y = (a.reshape(-1, a.shape[-1]).astype(np.float64) for a in (value, like))
    energy = np.square(x).sum(axis=0)
    factors = np.divide((x * y).sum(axis=0), energy, out=np.ones_like(energy), where=energy > 0)
    found: Array = (value * factors).astype(np.float32)
    return found
