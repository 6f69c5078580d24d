"""From a source model to the model that every artifact is made from."""

import dataclasses
from collections.abc import Mapping
from importlib.metadata import version

from packager.config.recipe import CALIBRATED, Recipe
from packager.config.samples import Samples, check_shapes
from packager.errors import ConfigError, Diagnostic, Severity, UnsupportedError
from packager.ir import Model, read_tflite_bytes, write_tflite
from packager.passes import normalise
from packager.passes.edge_types import EdgeTypes
from packager.quantize._contract import Quantized, QuantPlan
from packager.quantize.apply_litert import apply_litert
from packager.quantize.apply_mixed import apply_mixed
from packager.quantize.calibrate import calibrate
from packager.quantize.check import check_integer
from packager.quantize.kind import Kind, kind_of, refuse_half
from packager.quantize.plan import AI_EDGE, LITERT, MIXED, NONE, make_plan, with_ranges
from packager.rewrite import apply_passes

_LEVELS = {"int8": 256, "int16x8": 65536}


def quantize_model(
    model: Model,
    recipe: Recipe,
    samples: Samples | None = None,
    *,
    input_shapes: Mapping[str, tuple[int, ...]] | None = None,
    inputs: str = "",
    outputs: str = "",
) -> Quantized:
    """Normalise, calibrate, plan, apply and check.

    Args:
        model: Float, or integer already: then it is taken as it is, with batch 1.
        recipe: How to quantize.
        samples: Calibration inputs; only schemes with integer activations need them.
        input_shapes: For dynamic dimensions, by input name; the empty name means the only input.
        inputs: Type of the model's inputs, in place of the recipe's. An integer model keeps its own unless this is set.
        outputs: The same for its outputs.

    Raises:
        ConfigError: calibration data is missing or does not fit, or the recipe does not fit the model.
        UnsupportedError: the model is half-quantized, or an operator has no form in the recipe's scheme.
    """
    refuse_half(model)
    static = normalise(model, input_shapes)
    if kind_of(model) is Kind.INTEGER:
        return _taken_as_it_is(static, recipe, EdgeTypes(inputs=inputs, outputs=outputs))
    recipe = dataclasses.replace(recipe, inputs=inputs or recipe.inputs, outputs=outputs or recipe.outputs)
    plan = make_plan(static, recipe)
    if any(op.scheme in CALIBRATED for op in plan.ops):
        plan = _calibrated(plan, static, recipe, samples)
    quantized = read_tflite_bytes(write_tflite(_applied(plan, static, recipe)), name=model.name, source=model.name)
    problems = check_integer(quantized, recipe, plan=plan)
    if any(d.severity is Severity.ERROR for d in problems):
        raise UnsupportedError.from_diagnostics(f"{model.name} by recipe {recipe.name}", problems)
    return Quantized(
        model=quantized,
        float_model=static,
        ranges=plan.ranges,
        plan=plan,
        notes=_untrusted(samples) if plan.ranges else (),
        tools=_tools(plan),
    )


def _calibrated(plan: QuantPlan, model: Model, recipe: Recipe, samples: Samples | None) -> QuantPlan:
    if samples is None:
        raise ConfigError(
            f"recipe {recipe.name} needs calibration data, to know the range of each layer's values",
            hint="add --calibration inputs.npz (some hundred real inputs), or --calibration random for a trial"
            " whose report is marked untrusted",
        )
    check_shapes(samples, model)
    levels = min(_LEVELS[op.scheme] for op in plan.ops if op.scheme in CALIBRATED)
    symmetric = recipe.symmetric_activations
    found = calibrate(model, samples, recipe.calibration, levels=levels, symmetric=symmetric)
    return with_ranges(plan, model, found)


def _applied(plan: QuantPlan, model: Model, recipe: Recipe) -> Model:
    if plan.engine == NONE:
        return model
    if plan.engine == LITERT:
        return apply_litert(model, recipe, plan)
    if plan.engine == MIXED:
        return apply_mixed(model, recipe, plan)
    from packager.quantize.apply_aeq import apply_aeq

    return apply_aeq(model, recipe, plan)


def _tools(plan: QuantPlan) -> tuple[tuple[str, str], ...]:
    """Names and versions of the libraries that had a part in it: LiteRT calibrates for both engines."""
    used = ("ai-edge-litert", AI_EDGE) if plan.engine == AI_EDGE else ("ai-edge-litert",)
    return tuple((name, version(name)) for name in used)


def _taken_as_it_is(model: Model, recipe: Recipe, edges: EdgeTypes) -> Quantized:
    note = Diagnostic(
        severity=Severity.NOTE,
        message=f"the model is quantized already; recipe {recipe.name} is not applied",
    )
    return Quantized(model=apply_passes(model, [edges]), float_model=None, ranges={}, plan=None, notes=(note,))


def _untrusted(samples: Samples | None) -> tuple[Diagnostic, ...]:
    if samples is None or samples.trusted:
        return ()
    return (
        Diagnostic(
            severity=Severity.WARNING,
            message="calibrated with random inputs: accuracy is untrusted",
            hint="give real ones with --calibration inputs.npz",
        ),
    )
