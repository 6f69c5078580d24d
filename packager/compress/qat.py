"""Quantization-aware training: weights and ranges are trained while the integer model's rounding is imitated.

The ranges stay in the graph, where calibration finds them. It wants to be the last step: what changes the weights
afterwards changes what the ranges were learned for.
"""

import dataclasses
from collections.abc import Iterator

from packager.compress import _training
from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._training import HintedStep, compressed, data_of, trained
from packager.config.recipe import METHODS, Calibration, Recipe
from packager.errors import did_you_mean
from packager.ir import Model
from packager.quantize.calibrate import calibrate
from packager.quantize.plan import make_plan, with_ranges
from packager.train import FakeQuant

_SEEN = 512
"""Inputs that the first ranges are taken from, at most."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Qat(HintedStep):
    learning_rate: float = 0.0005
    calibration: str = "minmax"
    """How the first ranges are found: ``minmax``, ``percentile`` or ``entropy``; training moves them."""
    per_channel: bool = True
    """As in the recipe that the model is quantized by, here and below."""
    per_channel_dense: bool = True
    symmetric_activations: bool = False


def problems(how: Qat) -> Iterator[tuple[str, str]]:
    yield from _training.problems(how)
    if how.calibration not in METHODS:
        yield f"no calibration method {how.calibration!r}", did_you_mean(how.calibration, METHODS)


def apply(model: Model, how: Qat, context: Context) -> Compressed:
    done = trained(model, how, context, quant=fake_quant(model, how, context))
    return compressed(done, how, context, what="trained with int8 rounding")


def fake_quant(model: Model, how: Qat, context: Context) -> FakeQuant:
    """Where and how the integer model will round, by the quantizer's own plan and calibration."""
    recipe = Recipe(
        name="qat",
        description="",
        per_channel=how.per_channel,
        per_channel_dense=how.per_channel_dense,
        symmetric_activations=how.symmetric_activations,
        calibration=Calibration(method=how.calibration),
    )
    plan = make_plan(model, recipe)
    samples = data_of(how, context).head(_SEEN)
    found = calibrate(model, samples, recipe.calibration, symmetric=how.symmetric_activations)
    other = {node for node, scheme in context.kept.schemes.items() if scheme != "int8"}
    graph = model.main
    kept = {t for i, node in enumerate(graph.nodes) if graph.node_name(i) in other for t in node.outputs}
    probabilities = {t for node in graph.nodes if node.op == "SOFTMAX" for t in node.outputs}
    ranges = with_ranges(plan, model, found).ranges
    return FakeQuant(
        ranges={t: (r.low, r.high) for t, r in ranges.items() if t not in kept | probabilities},
        symmetric=how.symmetric_activations,
        per_channel={op.index: op.per_channel for op in plan.ops if op.name not in other},
    )


STEP = Step(
    title="quantization-aware training",
    parameters=Qat,
    problems=problems,
    check=_training.check,
    apply=apply,
    files=("train",),
    settles=Work.RANGES,
)
