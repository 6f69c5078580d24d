"""Rules resolve to a scheme for each operator, the last that matches wins, and what can't be is refused by name."""

import dataclasses

import pytest
from quantize.tiny import INT8, classifier

from packager.config.recipe import Recipe, Rule
from packager.errors import ConfigError
from packager.quantize import Range
from packager.quantize.plan import AI_EDGE, LITERT, MIXED, NONE, make_plan, with_ranges

MODEL = classifier()


def recipe(*rules: Rule, **changes: object) -> Recipe:
    return dataclasses.replace(INT8, rules=rules, **changes)  # type: ignore[arg-type]  # fields of Recipe


def schemes(found: Recipe) -> dict[str, str]:
    return {op.name: op.scheme for op in make_plan(MODEL, found).ops}


def test_without_rules_every_operator_has_the_recipes_scheme() -> None:
    plan = make_plan(MODEL, INT8)
    assert plan.engine == LITERT
    assert [op.scheme for op in plan.ops] == ["int8"] * 5
    assert plan.ops[0].where == "CONV_2D #0 'conv'"
    assert plan.ops[0].reason == "the recipe's scheme"


def test_rules_match_by_type_and_by_name_and_the_last_wins() -> None:
    found = schemes(
        recipe(
            Rule(name="conv|dense", scheme="float32"),
            Rule(op="CONV_2D", scheme="int8"),
            Rule(op="SOFTMAX", name="^prob", scheme="float32"),
        )
    )
    assert found == {
        "conv": "int8", "depthwise": "int8", "mean": "int8", "dense": "float32", "probabilities": "float32",
    }  # fmt: skip


def test_the_reason_names_the_rule() -> None:
    plan = make_plan(MODEL, recipe(Rule(op="SOFTMAX", scheme="float32")))
    assert plan.ops[-1].reason == "rule 1: op = 'SOFTMAX'"


@pytest.mark.parametrize(
    ("rule", "hint"),
    [
        (Rule(op="CONV2D", scheme="float32"), "CONV_2D"),
        (Rule(name="dence", scheme="float32"), "dense"),
        (Rule(op="SOFTMAX", name="conv", scheme="float32"), "conv"),
    ],
)
def test_a_rule_that_matches_nothing_gets_the_nearest_operator(rule: Rule, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_plan(MODEL, recipe(rule))
    assert "rule 1" in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("found", "engine"),
    [
        (recipe(symmetric_activations=True), LITERT),
        (recipe(per_channel_dense=False), LITERT),
        (recipe(Rule(op="FULLY_CONNECTED", per_channel=False)), LITERT),
        (recipe(Rule(op="CONV_2D", per_channel=False)), AI_EDGE),
        (recipe(per_channel=False), AI_EDGE),
        (recipe(Rule(op="SOFTMAX", scheme="float32")), AI_EDGE),
        (recipe(scheme="float16", inputs="float32", outputs="float32"), AI_EDGE),
        (recipe(scheme="dynamic", inputs="float32", outputs="float32"), AI_EDGE),
        (recipe(scheme="float32", inputs="float32", outputs="float32"), NONE),
        (recipe(scheme="int16x8", inputs="int16", outputs="int16"), LITERT),
        (recipe(Rule(op="SOFTMAX", scheme="int16x8")), MIXED),
    ],
)
def test_the_engine_follows_from_the_plan(found: Recipe, engine: str) -> None:
    assert make_plan(MODEL, found).engine == engine


@pytest.mark.parametrize(
    "found",
    [
        recipe(Rule(op="SOFTMAX", scheme="int16x8"), symmetric_activations=True),
        recipe(Rule(op="SOFTMAX", scheme="float32"), symmetric_activations=True),
        recipe(scheme="float16"),
    ],
)
def test_combinations_that_no_engine_has_are_refused(found: Recipe) -> None:
    with pytest.raises(ConfigError) as caught:
        make_plan(MODEL, found)
    assert caught.value.hint


def test_results_of_fixed_range_are_not_measured() -> None:
    measured = {t: Range(low=-3, high=3, reason="measured") for t in MODEL.main.activations()}
    plan = with_ranges(make_plan(MODEL, INT8), MODEL, measured)
    (out,) = MODEL.main.outputs
    assert plan.ranges[out] == Range(low=0, high=1, reason="fixed by SOFTMAX")
    assert plan.ranges[0].reason == "measured"
