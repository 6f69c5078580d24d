"""Mixed precision: where int8 activations hurt most, tensors between operators get 16 bits, or operators stay float.

How much a tensor hurts is measured: the float model with that tensor alone rounded to int8. A tensor is wide only
where all that make and read it compute wide, so those are chosen together, within budgets: of multiply-accumulates, for
wide operators are slow, of bytes, and of instructions where the targets' kernels were counted. The worst tensors come
first; under a budget of instructions those that cost most for the instructions that they would take. Then both
models are made and compared.
"""

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping

import numpy as np

from packager.compress._contract import Compressed, Context, Count, Step, Work
from packager.compress._layers import float_only
from packager.compress._sensitivity import curves_of, int8_variants
from packager.config.recipe import Recipe, Rule
from packager.errors import ConfigError, Diagnostic, Severity, did_you_mean
from packager.figure import Table
from packager.ir import ABSENT, DType, Graph, Model, write_tflite
from packager.ops import call_of, find_op
from packager.quantize import quantize_model

_SCHEMES = ("int16x8", "float32")
_INT8 = Recipe(name="int8", description="")
_MOST = 100.0
"""Times that an inference may slow down: more than any kernels in 16 bits do."""
_LEAST = 1e-6
"""A share of an inference's instructions that is none."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mixed:
    scheme: str = "int16x8"
    """Of the chosen operators: ``int16x8``, or ``float32`` where the target computes floats."""
    share: float = 0.25
    """Of the multiply-accumulates that chosen operators may have, 0 to 1."""
    growth: float = 1.0
    """What the file may gain, as a share of the int8 file; floats take four bytes a weight, int16x8 eight a bias."""
    slowdown: float | None = None
    """What an inference may gain in instructions, as a share of the int8 model's, on each of the targets."""
    loss: float = 0.1
    """Of the summed loss of all tensors that may be left in int8: the choice ends there."""


def problems(how: Mixed) -> Iterator[tuple[str, str]]:
    if how.scheme not in _SCHEMES:
        yield f"no scheme {how.scheme!r} beside int8", did_you_mean(how.scheme, _SCHEMES)
    for key, value in (("share", how.share), ("loss", how.loss)):
        if not 0 <= value <= 1:
            yield f"{key} = {value:g} is no share", "use one between 0 and 1"
    if not 0 <= how.growth <= 3:
        yield (
            f"growth = {how.growth:g} is out of range",
            "0.1 lets the file grow by a tenth; all in float makes it fourfold",
        )
    if how.slowdown is not None and not 0 <= how.slowdown <= _MOST:
        yield (
            f"slowdown = {how.slowdown:g} is out of range",
            "0.5 lets an inference take half as many instructions again",
        )
    if how.slowdown is not None and how.scheme == "float32":
        yield "slowdown knows no floats: no engine's were counted", 'leave it out, or take scheme = "int16x8"'


def check(model: Model, how: Mixed, context: Context) -> Iterator[Diagnostic]:
    """What keeps the model from being mixed.

    Raises:
        ConfigError: `slowdown` for a target that nothing was counted of.
    """
    yield from float_only(model, "mixed precision")
    if how.slowdown is not None and context.uncounted:
        raise ConfigError(
            f"slowdown: how much slower 16 bits are is not known of {', '.join(context.uncounted)}",
            hint="leave slowdown out; share bounds the multiply-accumulates in 16 bits",
        )


def apply(model: Model, how: Mixed, context: Context) -> Compressed:
    losses = _losses(model, how, context)
    plain = quantize_model(model, _INT8, context.tuning).model
    chosen, mixed = _fitting(model, losses, how, context, plain)
    names = {model.main.node_name(i): loss for i, loss in chosen.items()}
    if not names:
        return Compressed(model=model, summary="int8 hurts nowhere that the budget reaches; everything stays int8")
    before, after = context.measure([plain, mixed])
    if after.loss >= before.loss:
        return Compressed(
            model=model,
            summary=f"{len(names)} operators in {how.scheme} would leave a loss of {after.loss:.3g}, int8 alone"
            f" {before.loss:.3g}: everything stays int8",
        )
    reasons = {name: f"its tensors lose {loss:.3g} in int8" for name, loss in names.items()}
    kept = dataclasses.replace(
        context.kept,
        schemes={**context.kept.schemes, **dict.fromkeys(names, how.scheme)},
        reasons={**context.kept.reasons, **reasons},
    )
    return Compressed(
        model=model,
        summary=f"{len(names)} operators in {how.scheme}: loss of the quantized model {before.loss:.3g} ->"
        f" {after.loss:.3g}, {before} -> {after.value:.2f} {after.unit} on the tuning inputs"
        f"{_slower(plain, mixed, context)}",
        changes=tuple(
            Diagnostic(
                severity=Severity.NOTE, where=model.main.where(i), message=f"{how.scheme}: {loss:.3g} lost in int8"
            )
            for i, loss in chosen.items()
        ),
        table=_table(model.main, losses, chosen, how, added(model.main, context.counts)),
        kept=kept,
    )


def _table(
    graph: Graph, losses: Mapping[int, float], chosen: Mapping[int, float], how: Mixed, more: Mapping[int, float]
) -> Table:
    counted = bool(more) and how.scheme == "int16x8"
    rows = (
        (graph.where(i), how.scheme if i in chosen else "int8", f"{loss:.4g}")
        + ((f"{more[i]:+.1%}" if i in more else "not counted",) if counted else ())
        for i, loss in losses.items()
    )
    columns = ("operator", "scheme", ">loss in int8", *((">instructions in 16 bits",) if counted else ()))
    return Table(columns=columns, rows=tuple(rows))


def _slower(plain: Model, mixed: Model, context: Context) -> str:
    if mixed.main is plain.main or not any(t.type.dtype is DType.INT16 for t in mixed.main.tensors):
        return ""
    shares = (f"{gained(plain.main, mixed.main, count):+.0%} on {name}" for name, count in context.counts.items())
    told = ", ".join(shares)
    return f"; instructions by counted kernels {told}" if told else ""


def added(graph: Graph, counts: Mapping[str, Count]) -> Mapping[int, float]:
    """By operator, what 16 bits add to the instructions of the int8 model, as a share, on the target where it is most.

    Operators that some target's kernels were not counted for have no entry.
    """
    indices = range(len(graph.nodes))
    found: dict[int, float] = {}
    for count in counts.values():
        total = sum(count(graph, i, 8) or 0.0 for i in indices) or 1.0
        for i in indices:
            narrow, wide = count(graph, i, 8), count(graph, i, 16)
            more = math.inf if narrow is None or wide is None else max(wide - narrow, 0.0) / total
            found[i] = max(found.get(i, 0.0), more)
    return {i: share for i, share in found.items() if share < math.inf}


def gained(plain: Graph, mixed: Graph, count: Count) -> float:
    """What the mixed model takes more instructions, as a share of the int8 model's."""
    before, after = (sum(count(g, i) or 0.0 for i in range(len(g.nodes))) for g in (plain, mixed))
    return after / before - 1 if before else 0.0


def _fitting(
    model: Model, losses: Mapping[int, float], how: Mixed, context: Context, plain: Model
) -> tuple[Mapping[int, float], Model]:
    """What is chosen, and the model with it: its file no larger, its inference no slower than asked."""
    size = len(write_tflite(plain))
    limit = allowed = how.growth * size
    most = time = math.inf if how.slowdown is None else how.slowdown
    more = None if how.slowdown is None else added(model.main, context.counts)
    while chosen := choose(model.main, losses, how, allowed, more, time):
        names = (model.main.node_name(i) for i in chosen)
        rules = tuple(Rule(name=f"^{re.escape(name)}$", scheme=how.scheme) for name in names)
        mixed = quantize_model(model, dataclasses.replace(_INT8, rules=rules), context.tuning).model
        over = len(write_tflite(mixed)) - size - limit
        late = 0.0
        if how.slowdown is not None:
            late = max(gained(plain.main, mixed.main, count) for count in context.counts.values()) - most
        if over <= 0 and late <= 0:
            return chosen, mixed
        # What converting between the two takes is known only now.
        if over > 0:
            allowed = min(allowed, sum(grown(model.main, i, how) for i in chosen)) - max(over, 1)
        if late > 0 and more is not None:
            time = min(time, sum(more[i] for i in chosen)) - max(late, _LEAST)
    return {}, model


def _losses(model: Model, how: Mixed, context: Context) -> Mapping[int, float]:
    """By operator, what its result in int8 costs; in float its weights count as well."""
    if how.scheme == "float32":
        found = {c.layer: c.losses[0] for c in curves_of(model, context, "int8", ())}
    else:
        variants = list(int8_variants(model, tuple(context.tuning.arrays.values()), weights=False))
        scores = context.measure([variant.model for variant in variants])
        found = {variant.layer: score.loss for variant, score in zip(variants, scores, strict=True)}
    names = (model.main.node_name(i) for i in range(len(model.main.nodes)))
    return {i: found[name] for i, name in enumerate(names) if name in found}


def grown(graph: Graph, index: int, how: Mixed) -> int:
    """Bytes that an operator's constants gain in the wider scheme: weights in float, a bias of int64."""
    constants = [graph.tensors[t].data for t in graph.nodes[index].inputs if t != ABSENT]
    floats = [data for data in constants if data is not None and data.dtype == np.float32]
    if how.scheme == "float32":
        return sum(3 * data.size for data in floats if data.ndim > 1)
    return sum(4 * data.size for data in floats if data.ndim == 1)


def choose(
    graph: Graph,
    losses: Mapping[int, float],
    how: Mixed,
    allowed: float = math.inf,
    more: Mapping[int, float] | None = None,
    time: float = math.inf,
) -> Mapping[int, float]:
    """Operators to widen, with the greatest loss among the tensors that they were chosen for.

    Together they have at most ``how.share`` of the multiply-accumulates, gain at most `allowed` bytes, and at most
    `time` instructions, a share of the int8 model's, of which each gains `more`; an operator that is not in it stays.
    Beside floats at least one stays int8.
    """
    macs = {i: _macs(graph, i) for i in range(len(graph.nodes))}
    left, budget = sum(losses.values()), how.share * sum(macs.values())
    goal = how.loss * left
    groups = {i: _group(graph, i, how) for i in losses if losses[i] > 0}
    chosen: dict[int, float] = {}

    def gain(i: int) -> tuple[float, float, int]:
        """What widening for a tensor gives, for the instructions that it still adds; where none count, for itself."""
        cost = 1.0 if more is None else sum(more.get(j, math.inf) for j in groups[i] - chosen.keys())
        return losses[i] / max(cost, _LEAST), losses[i], -i

    while groups and left > goal:
        i = max(groups, key=gain)
        group = groups.pop(i)
        together = group | chosen.keys()
        if how.scheme == "float32" and len(together) >= len(losses):
            continue  # a model all in float is no mixed one: there is a recipe for it
        if sum(macs[j] for j in together) > budget or sum(grown(graph, j, how) for j in together) > allowed:
            continue
        if more is not None and sum(more.get(j, math.inf) for j in together) > time:
            continue
        for j in group:
            chosen[j] = max(chosen.get(j, 0.0), losses[i])
        left -= losses[i]
    return dict(sorted(chosen.items()))


def _group(graph: Graph, index: int, how: Mixed) -> set[int]:
    """The operators that must be wide together for the result of one to be so."""
    readers = graph.consumers().get(graph.nodes[index].outputs[0], ()) if how.scheme == "int16x8" else ()
    return {index, *readers}


def _macs(graph: Graph, index: int) -> int:
    op = find_op(graph.nodes[index].op)
    return op.macs(call_of(graph, graph.nodes[index])) if op is not None else 0


STEP = Step(
    title="mixed precision",
    parameters=Mixed,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.CHOICE,
)
