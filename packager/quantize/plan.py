"""Which operator is quantized how, and why: decided for all before any is touched."""

import dataclasses
import re
from collections.abc import Mapping

from packager.config.recipe import CALIBRATED, Recipe, Rule, check_recipe
from packager.errors import ConfigError, did_you_mean
from packager.ir import Graph, Model
from packager.quantize._contract import PlannedOp, QuantPlan, Range

LITERT = "litert"
AI_EDGE = "ai-edge-quantizer"
NONE = "none"

DENSE = frozenset({"FULLY_CONNECTED", "BATCH_MATMUL"})
WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", *DENSE})
"""Operators whose weights may have a scale per channel."""

_FIXED = {"SOFTMAX": (0.0, 1.0), "LOGISTIC": (0.0, 1.0), "TANH": (-1.0, 1.0)}
"""Results whose scale TFLite's quantization specification lays down, whatever was measured."""


def make_plan(model: Model, recipe: Recipe) -> QuantPlan:
    """Resolve the recipe for every operator of a float model. Ranges are added once they are known.

    Raises:
        ConfigError: a rule that matches no operator, or schemes that no engine brings together in one model.
    """
    check_recipe(recipe)
    graph = model.main
    _check_rules(graph, recipe)
    ops = tuple(_planned(graph, recipe, i) for i in range(len(graph.nodes)))
    integer = {op.scheme for op in ops} & CALIBRATED
    if len(integer) > 1:
        raise ConfigError(
            f"recipe {recipe.name}: {' and '.join(sorted(integer))} in one model",
            hint="no engine converts between 8 and 16 bit activations; use one of them and float32",
        )
    return QuantPlan(recipe=recipe.name, engine=_engine(graph, recipe, ops), ranges={}, ops=ops)


def with_ranges(plan: QuantPlan, model: Model, ranges: Mapping[int, Range]) -> QuantPlan:
    """The plan with its calibrated ranges; where an operator fixes the range of its result, that one."""
    fixed = {
        node.outputs[0]: Range(low=_FIXED[node.op][0], high=_FIXED[node.op][1], reason=f"fixed by {node.op}")
        for node in model.main.nodes
        if node.op in _FIXED
    }
    return dataclasses.replace(plan, ranges={t: fixed.get(t, found) for t, found in ranges.items()})


def _matches(graph: Graph, rule: Rule, index: int) -> bool:
    return rule.op in {"", graph.nodes[index].display_op} and bool(re.search(rule.name, graph.node_name(index)))


def _planned(graph: Graph, recipe: Recipe, index: int) -> PlannedOp:
    node = graph.nodes[index]
    scheme, reason = recipe.scheme, "the recipe's scheme"
    per_channel = recipe.per_channel_dense if node.op in DENSE else recipe.per_channel
    for number, rule in enumerate(recipe.rules, 1):
        if _matches(graph, rule, index):
            scheme, reason = rule.scheme or scheme, f"rule {number}: {rule}"
            per_channel = per_channel if rule.per_channel is None else rule.per_channel
    return PlannedOp(
        index=index,
        where=graph.where(index),
        name=graph.node_name(index),
        scheme=scheme,
        reason=reason,
        per_channel=per_channel,
    )


def _check_rules(graph: Graph, recipe: Recipe) -> None:
    kinds = {node.display_op for node in graph.nodes}
    names = {graph.node_name(i) for i in range(len(graph.nodes))}
    for number, rule in enumerate(recipe.rules, 1):
        if any(_matches(graph, rule, i) for i in range(len(graph.nodes))):
            continue
        unknown_kind = rule.op and rule.op not in kinds
        hint = did_you_mean(rule.op, kinds) if unknown_kind else did_you_mean(rule.name, names)
        raise ConfigError(f"recipe {recipe.name}: rule {number} ({rule}) matches no operator", hint=hint)


def _engine(graph: Graph, recipe: Recipe, ops: tuple[PlannedOp, ...]) -> str:
    schemes = {op.scheme for op in ops}
    if schemes <= {"float32"}:
        return NONE
    if len(schemes) == 1 and schemes <= CALIBRATED and _litert_can(graph, ops):
        return LITERT
    if recipe.symmetric_activations and schemes & CALIBRATED:
        raise ConfigError(
            f"recipe {recipe.name}: symmetric activations beside other schemes",
            hint="leave the rules out, or symmetric_activations",
        )
    return AI_EDGE


def _litert_can(graph: Graph, ops: tuple[PlannedOp, ...]) -> bool:
    """LiteRT's quantizer has two switches only, and its per-tensor depthwise convolutions don't load."""
    dense = {op.per_channel for op in ops if graph.nodes[op.index].op in DENSE}
    others = {op.per_channel for op in ops if graph.nodes[op.index].op in WEIGHTED - DENSE}
    return len(dense) <= 1 and others <= {True}
