"""Mixed precision: where int8 activations hurt most, tensors between operators get 16 bits, or operators stay float.

How much a tensor hurts is measured: the float model with that tensor alone rounded to int8. A tensor is wide only
where all that make and read it compute wide, so those are chosen together, the worst tensors first, within a budget
of multiply-accumulates, for wide operators are slow. Then both models are made and compared.
"""

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping

import numpy as np

from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._layers import float_only
from packager.compress._sensitivity import curves_of, int8_variants
from packager.config.recipe import Recipe, Rule
from packager.errors import Diagnostic, Severity, did_you_mean
from packager.figure import Table
from packager.ir import ABSENT, Graph, Model, write_tflite
from packager.ops import call_of, find_op
from packager.quantize import quantize_model

_SCHEMES = ("int16x8", "float32")
_INT8 = Recipe(name="int8", description="")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Mixed:
    scheme: str = "int16x8"
    """Of the chosen operators: ``int16x8``, or ``float32`` where the target computes floats."""
    share: float = 0.25
    """Of the multiply-accumulates that chosen operators may have, 0 to 1."""
    growth: float = 1.0
    """What the file may gain, as a share of the int8 file; floats take four bytes a weight, int16x8 eight a bias."""
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


def check(model: Model, how: Mixed, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "mixed precision")


def apply(model: Model, how: Mixed, context: Context) -> Compressed:
    losses = _losses(model, how, context)
    plain = quantize_model(model, _INT8, context.tuning).model
    chosen, mixed = _fitting(model, losses, how, context, len(write_tflite(plain)))
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
        f" {after.loss:.3g}, {before} -> {after.value:.2f} {after.unit} on the tuning inputs",
        changes=tuple(
            Diagnostic(
                severity=Severity.NOTE, where=model.main.where(i), message=f"{how.scheme}: {loss:.3g} lost in int8"
            )
            for i, loss in chosen.items()
        ),
        table=Table(
            columns=("operator", "scheme", ">loss in int8"),
            rows=tuple(
                (model.main.where(i), how.scheme if i in chosen else "int8", f"{loss:.4g}")
                for i, loss in losses.items()
            ),
        ),
        kept=kept,
    )


def _fitting(
    model: Model, losses: Mapping[int, float], how: Mixed, context: Context, size: int
) -> tuple[Mapping[int, float], Model]:
    """What is chosen, and the model with it, its file no larger than asked: `size` is the int8 file's."""
    limit = allowed = how.growth * size
    while chosen := choose(model.main, losses, how, allowed):
        names = (model.main.node_name(i) for i in chosen)
        rules = tuple(Rule(name=f"^{re.escape(name)}$", scheme=how.scheme) for name in names)
        mixed = quantize_model(model, dataclasses.replace(_INT8, rules=rules), context.tuning).model
        over = len(write_tflite(mixed)) - size - limit
        if over <= 0:
            return chosen, mixed
        # What converting between the two takes is known only now.
        allowed = min(allowed, sum(grown(model.main, i, how) for i in chosen)) - max(over, 1)
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


def choose(graph: Graph, losses: Mapping[int, float], how: Mixed, allowed: float = math.inf) -> Mapping[int, float]:
    """Operators to widen, with the greatest loss among the tensors that they were chosen for.

    Together they have at most ``how.share`` of the multiply-accumulates, and gain at most `allowed` bytes; beside
    floats at least one stays int8.
    """
    macs = {i: _macs(graph, i) for i in range(len(graph.nodes))}
    left, budget = sum(losses.values()), how.share * sum(macs.values())
    goal = how.loss * left
    chosen: dict[int, float] = {}
    for i in sorted(losses, key=lambda i: (-losses[i], i)):
        if left <= goal or losses[i] <= 0:
            break
        group = {i, *(graph.consumers().get(graph.nodes[i].outputs[0], ()) if how.scheme == "int16x8" else ())}
        together = group | chosen.keys()
        if how.scheme == "float32" and len(together) >= len(losses):
            continue  # a model all in float is no mixed one: there is a recipe for it
        if sum(macs[j] for j in together) > budget or sum(grown(graph, j, how) for j in together) > allowed:
            continue
        for j in group:
            chosen.setdefault(j, losses[i])
        left -= losses[i]
    return dict(sorted(chosen.items()))


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
