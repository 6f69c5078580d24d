"""Which operator is quantized how, and why: decided for all before any is touched."""

import dataclasses
import re
from collections.abc import Mapping

from packager.config.recipe import CALIBRATED, Recipe, Rule, check_recipe
from packager.errors import ConfigError, did_you_mean
from packager.ir import Activation, Graph, Model, Node
from packager.quantize._contract import PlannedOp, QuantPlan, Range

LITERT = "litert"
AI_EDGE = "ai-edge-quantizer"
NONE = "none"
MIXED = "litert, 8 and 16 bits joined"

DENSE = frozenset({"FULLY_CONNECTED", "BATCH_MATMUL"})
WEIGHTED = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", *DENSE})
"""Operators whose weights may have a scale per channel."""

_FIXED = {"SOFTMAX": (0.0, 1.0), "LOGISTIC": (0.0, 1.0), "TANH": (-1.0, 1.0)}
"""Results whose scale TFLite's quantization specification lays down, whatever was measured."""
_CLAMPED = frozenset({Activation.RELU6, Activation.RELU_N1_TO_1})
_LEAST_CLAMPED = 255 * 6 / 2**30
"""Least range of a result that is clamped at 6: LiteRT refuses a scale that puts 6 beyond the integers of 32 bits."""


def make_plan(model: Model, recipe: Recipe) -> QuantPlan:
    """Resolve the recipe for every operator of a float model. Ranges are added once they are known.

    Raises:
        ConfigError: a rule that matches no operator, or schemes that no engine brings together in one model.
    """
    check_recipe(recipe)
    graph = model.main
    _check_rules(graph, recipe)
    ops = tuple(_planned(graph, recipe, i) for i in range(len(graph.nodes)))
    return QuantPlan(recipe=recipe.name, engine=_engine(graph, recipe, ops), ranges={}, ops=ops)


def with_ranges(plan: QuantPlan, model: Model, ranges: Mapping[int, Range]) -> QuantPlan:
    """The plan with its calibrated ranges; where an operator fixes the range of its result, or its least, that one."""
    found = dict(ranges)
    for node in model.main.nodes:
        if node.op in _FIXED and node.outputs[0] in found:
            low, high = _FIXED[node.op]
            found[node.outputs[0]] = Range(low=low, high=high, reason=f"fixed by {node.op}")
        elif _is_clamped(node):
            found |= {t: _widened(found[t]) for t in node.outputs if t in found}
    return dataclasses.replace(plan, ranges=found)


def _is_clamped(node: Node) -> bool:
    return (node.attrs.get("fused_activation_function") or Activation.NONE) in _CLAMPED


def _widened(found: Range) -> Range:
    """A range of a layer that computes next to nothing, as in a network of random weights, made wide enough to run."""
    if not 0 < found.high - found.low < _LEAST_CLAMPED:
        return found
    return Range(low=found.low, high=found.low + _LEAST_CLAMPED, reason=f"{found.reason}; widened for its clamp")


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
    widened = recipe.scheme == "int8" and "int16x8" in schemes
    if len(schemes) == 1 and schemes <= CALIBRATED and _litert_can(graph, ops) and not widened:
        return LITERT
    if schemes >= CALIBRATED or widened:
        return _mixed(graph, recipe, ops)
    if recipe.symmetric_activations and schemes & CALIBRATED:
        raise ConfigError(
            f"recipe {recipe.name}: symmetric activations beside other schemes",
            hint="leave the rules out, or symmetric_activations",
        )
    return AI_EDGE


def _mixed(graph: Graph, recipe: Recipe, ops: tuple[PlannedOp, ...]) -> str:
    """The engine for 8 and 16 bit activations in one model: both widths of LiteRT's quantizer, joined."""
    others = {op.scheme for op in ops} - CALIBRATED
    if others or recipe.symmetric_activations or not _litert_can(graph, ops):
        why = " and ".join(sorted(others)) or "symmetric activations, or weights per tensor,"
        raise ConfigError(
            f"recipe {recipe.name}: {why} beside int8 and int16x8",
            hint="8 and 16 bit activations go together alone, with weights per channel",
        )
    if recipe.scheme == "int16x8":
        raise ConfigError(
            f"recipe {recipe.name}: int8 rules in an int16x8 model",
            hint='turn it round: scheme = "int8", and rules that make operators int16x8',
        )
    return MIXED


def _litert_can(graph: Graph, ops: tuple[PlannedOp, ...]) -> bool:
    """LiteRT's quantizer has two switches only, and its per-tensor depthwise convolutions don't load."""
    dense = {op.per_channel for op in ops if graph.nodes[op.index].op in DENSE}
    others = {op.per_channel for op in ops if graph.nodes[op.index].op in WEIGHTED - DENSE}
    return len(dense) <= 1 and others <= {True}
