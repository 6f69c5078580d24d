"""The design for one part: folding, network, cost, cycles."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from packager.config.profile import FpgaPart
from packager.emit.hls._contract import Layer, Op
from packager.emit.hls._layers import layer_of
from packager.emit.hls._network import network_of
from packager.emit.hls._stage import Stage
from packager.emit.hls._streams import Network, latency_of, pace
from packager.ir import Model
from packager.plan.folding import Choice, Fold, Folding, Unit, at_interval, fastest, limits_of
from packager.plan.fpga_estimate import SHELL, Cost, Fit, total

Allowed = Callable[[Op, Fold], bool]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """A model laid out for a part. It exists even where it does not fit, so that one can say by how much."""

    model: Model
    part: FpgaPart
    ops: tuple[Op, ...]
    folding: Folding
    network: Network
    fit: Fit
    faster: Folding | None
    """The next faster folding, which does not fit; None where there is none, or an interval was given."""

    @property
    def folds(self) -> tuple[Fold, ...]:
        """One an operator."""
        return tuple(choice.fold for choice in self.folding.choices)

    @property
    def interval(self) -> int:
        """Cycles from frame to frame: of the slowest process, or of two that wait for each other."""
        return max((self.folding.interval, *(p.stage.cycles for p in self.network.processes)))

    def interval_with(self, depth: int) -> int:
        """The interval if each pipeline has so many stages, which it loses every time that it fills and drains."""
        slowest = max((p.stage.cycles + depth * p.stage.starts for p in self.network.processes), default=0)
        return max(self.interval, slowest)

    @property
    def latency(self) -> int:
        """Cycles from a frame's first value in to its last value out, at least; buffers never full."""
        return latency_of(self.network)

    @property
    def cost(self) -> Cost:
        return self.folding.cost

    def saved(self, index: int) -> list[str]:
        """What zero weights save in an operator's processes."""
        return [p.stage.saved for p in self.network.processes if p.op == index and p.stage.saved]

    def slowest(self, index: int) -> Stage | None:
        """The process of an operator that takes the most cycles; None where it has none."""
        stages = [p.stage for p in self.network.processes if p.op == index]
        return max(stages, key=lambda s: s.cycles, default=None)


def design_for(
    model: Model,
    part: FpgaPart,
    *,
    folds: Mapping[int, Fold] | None = None,
    allowed: Allowed | None = None,
    interval: int | None = None,
    arithmetic: str = "integer",
    fit: Fit | None = None,
) -> Design:
    """Lay out a model that `unsupported` has nothing against, as fast as the part allows.

    Args:
        model: int8 throughout.
        part: the device; its resources bound the folding.
        folds: operator index to a fold that must be used.
        allowed: which of an operator's folds may be used; where it allows none, all may.
        interval: cycles a frame that are enough; the cheapest design that reaches them is taken.
        arithmetic: ``integer`` or ``fast17``.
        fit: factors on the estimates, learned from a synthesis.
    """
    learned = fit or Fit()
    ops = tuple(Op(model.main, index, arithmetic=arithmetic) for index in range(len(model.main.nodes)))
    units = [_unit(op, (folds or {}).get(op.index), allowed, learned) for op in ops]

    def overhead(choices: Sequence[Choice]) -> Cost:
        cycles = max((c.cycles for c in choices), default=1)
        return network_of(ops, [c.fold for c in choices], cycles).overhead(learned) + SHELL

    limits = limits_of(part)
    if interval:
        folding, faster = at_interval(units, interval, limits, overhead), None
    else:
        folding, faster = fastest(units, limits, overhead)
    network = network_of(ops, [c.fold for c in folding.choices], folding.interval)
    return Design(model=model, part=part, ops=ops, folding=folding, network=network, fit=learned, faster=faster)


def folds_of(model: Model, index: int, arithmetic: str = "integer") -> list[Fold]:
    """The folds that an operator may have."""
    op = Op(model.main, index, arithmetic=arithmetic)
    return list(layer_of(op).folds(op))


def _unit(op: Op, wanted: Fold | None, allowed: Allowed | None, fit: Fit) -> Unit:
    layer = layer_of(op)
    able = list(layer.folds(op))
    folds = [wanted] if wanted is not None else [f for f in able if allowed is None or allowed(op, f)] or able
    return Unit(where=op.where, choices=tuple(_choice(fold, stages_of(layer, op, fold), fit) for fold in folds))


def stages_of(layer: Layer, op: Op, fold: Fold) -> tuple[Stage, ...]:
    """Every process of an operator: for each output that is read, its own and those that feed it."""
    found: list[Stage] = []
    for part in op.live:
        own = layer.stages(part, fold)
        if own:
            found += [stage for feed in layer.feeds(part, fold) for stage in feed.stages]
        found += own
    return tuple(found)


def _choice(fold: Fold, stages: tuple[Stage, ...], fit: Fit) -> Choice:
    cost = total([fit.applied(s.name, s.cost) for s in stages])
    return Choice(fold=fold, cycles=pace(stages), cost=cost)
