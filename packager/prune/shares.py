"""Channel pruning: a share of a float model's work goes, the least important channels first."""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np

from packager.errors import ConfigError, UnsupportedError, did_you_mean
from packager.ir import Graph, Model
from packager.ops import call_of, find_op
from packager.prune._contract import Array, Pruned, Real
from packager.prune.apply import apply_plan
from packager.prune.channels import channels_of, makers
from packager.prune.choose import Family, families, plan_channels, plan_of
from packager.prune.compensate import compensated
from packager.prune.importance import IMPORTANCE, Evidence
from packager.prune.moments import Moments, moments_of
from packager.train import Example, taylor_of

_TAYLOR = 512
"""Inputs whose gradients are taken, at most."""
_NEAR = 0.005
"""A share is reached when this little is missing: channels go in blocks."""


def prune_channels(
    model: Model,
    inputs: Sequence[Array],
    *,
    share: float,
    importance: str = "activation",
    multiple_of: int = 1,
    skip: Collection[str] = (),
    costs: Mapping[str, Callable[[Real], Real]] | None = None,
    labels: Array | None = None,
) -> Pruned:
    """Take channels out of a float model until `share` of its multiply-accumulates is gone, and correct what stays.

    Args:
        model: Float, static, its dead channels removed: they would be counted as work.
        inputs: Calibration inputs, one array an input, ``[count, ...]``.
        share: 0 to 1, both excluded.
        importance: ``activation``, ``l1``, ``l2`` or ``taylor``, which needs TensorFlow.
        multiple_of: Of channels, that a layer which loses some keeps.
        skip: Names of layers whose channels all stay.
        costs: By the name of the first of the layers that share channels: what it costs that given shares of them go.
            Where given, it decides how many channels each layer loses, and importance only which.
        labels: Of the inputs, ``[count]``, for ``taylor``; without them it asks the model's own answers.

    Raises:
        ConfigError: the share is out of range, there is no such importance, or `skip` names no layer.
        ToolError: ``taylor`` without TensorFlow.
        UnsupportedError: the model is not float, can't be run, or holds too little to remove; for ``taylor`` also where
            an operator has no gradient.
    """
    if not 0 < share < 1:
        raise ConfigError(
            f"a share of {share:g} can't be pruned", hint="use one between 0 and 1: 0.3 for 30 % of the work"
        )
    if importance not in IMPORTANCE:
        raise ConfigError(f"no importance {importance!r}", hint=did_you_mean(importance, IMPORTANCE))
    graph = model.main
    layers = _layers(graph, skip)
    if not all(type_.dtype.is_float for type_ in model.input_types()):
        raise UnsupportedError(
            f"{model.name}: channels of a quantized model can't be pruned", hint="give the float model it was made from"
        )
    channels = channels_of(graph)
    moments = moments_of(model, inputs, (graph.nodes[index].inputs[0] for index, _ in makers(graph)))
    score = IMPORTANCE[importance](graph, channels, _evidence(model, inputs, moments, labels))
    steps = None if costs is None else lambda family: _increments(graph, family, costs)
    plan = plan_channels(graph, channels, score, share=share, multiple_of=multiple_of, skip=layers, costs=steps)
    corrected, plan = compensated(graph, plan, moments)
    pruned = apply_plan(model.with_main(corrected), plan)
    reached = 1 - work_of(pruned.model.main) / work_of(graph)
    if reached < share - _NEAR:
        most = f"ask for at most {int(reached * 100) / 100:g}; " if reached >= _NEAR else ""
        widths = f", nor what is needed for widths of {multiple_of} and its multiples" if multiple_of > 1 else ""
        raise UnsupportedError(
            f"{model.name}: only {reached:.0%} of the multiply-accumulates can be pruned, not {share:.0%}",
            hint=f"{most}what reaches an output or an operator that mixes channels can't go{widths}",
        )
    return dataclasses.replace(pruned, what=f"{reached:.1%} of the multiply-accumulates were pruned away")


def _increments(graph: Graph, family: Family, costs: Mapping[str, Callable[[Real], Real]]) -> Real:
    """What each further member costs."""
    cost = costs[graph.node_name(family.makers[0])]
    found: Real = np.diff(cost(np.arange(len(family.members) + 1) / len(family.members)))
    return found


def prune_each(
    model: Model, inputs: Sequence[Array], ratios: Sequence[float], *, importance: str = "activation"
) -> Iterator[tuple[tuple[str, ...], float, Model]]:
    """Yield the model with shares of the channels of one layer, or of those that share them, removed, and corrected.

    With the names of those layers and the share that went; a share of which not a whole channel would go is left out.

    Raises:
        UnsupportedError: the model can't be run.
    """
    graph = model.main
    channels = channels_of(graph)
    moments = moments_of(model, inputs, (graph.nodes[index].inputs[0] for index, _ in makers(graph)))
    score = IMPORTANCE[importance](graph, channels, _evidence(model, inputs, moments))
    for family in families(graph, channels, score, ()):
        count = len(family.members)
        for gone in sorted({min(round(ratio * count), count - 1) for ratio in ratios} - {0}):
            needed = np.ones(channels.count, np.bool_)
            needed[family.members[:gone]] = False
            corrected, plan = compensated(graph, plan_of(graph, channels, needed), moments)
            smaller = apply_plan(model.with_main(corrected), plan).model
            yield tuple(graph.node_name(i) for i in family.makers), gone / count, smaller


def _evidence(
    model: Model, inputs: Sequence[Array], moments: Mapping[int, Moments], labels: Array | None = None
) -> Evidence:
    data = Example(inputs=tuple(x[:_TAYLOR] for x in inputs), labels=None if labels is None else labels[:_TAYLOR])
    return Evidence(moments=moments, contributions=lambda tensors: taylor_of(model, data, tensors))


def work_of(graph: Graph) -> float:
    """Multiply-accumulates of one inference."""
    known = ((find_op(node.op), node) for node in graph.nodes)
    return float(sum(op.macs(call_of(graph, node)) for op, node in known if op is not None))


def _layers(graph: Graph, names: Collection[str]) -> set[int]:
    """The layers of those names, by index."""
    known = {graph.node_name(index): index for index, _ in makers(graph)}
    for name in names:
        if name not in known:
            raise ConfigError(f"prune.skip: no layer {name!r} makes channels", hint=did_you_mean(name, known))
    return {known[name] for name in names}
