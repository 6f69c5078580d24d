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

from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._layers import float_only
from packager.compress._sensitivity import curves_of, int8_variants
from packager.compress._widening import LEAST, Mixed, added, choose, gained, grown
from packager.config.recipe import Recipe, Rule
from packager.errors import ConfigError, Diagnostic, Severity, did_you_mean
from packager.figure import Table
from packager.ir import DType, Graph, Model, write_tflite
from packager.quantize import quantize_model

_SCHEMES = ("int16x8", "float32")
_INT8 = Recipe(name="int8", description="")
_MOST = 100.0
"""Times that an inference may slow down: more than any kernels in 16 bits do."""


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
            time = min(time, sum(more[i] for i in chosen)) - max(late, LEAST)
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


STEP = Step(
    title="mixed precision",
    parameters=Mixed,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.CHOICE,
)
