"""The design for one part: folding, network, cost, cycles."""

import dataclasses
from collections.abc import Mapping, Sequence

from packager.config.profile import FpgaPart
from packager.emit.hls._contract import Layer, Op, Stage
from packager.emit.hls._layers import layer_of
from packager.emit.hls._network import network_of
from packager.emit.hls._streams import Network, latency_of
from packager.ir import Model
from packager.plan.folding import Choice, Fold, Folding, Unit, at_interval, fastest, limits_of
from packager.plan.fpga_estimate import SHELL, Cost, total


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Design:
    """A model laid out for a part. It exists even where it does not fit, so that one can say by how much."""

    model: Model
    part: FpgaPart
    folding: Folding
    network: Network

    @property
    def folds(self) -> tuple[Fold, ...]:
        """One an operator."""
        return tuple(choice.fold for choice in self.folding.choices)

    @property
    def interval(self) -> int:
        """Cycles from frame to frame: of the slowest process, converters included."""
        return max((p.stage.cycles for p in self.network.processes), default=1)

    @property
    def latency(self) -> int:
        """Cycles from a frame's first value in to its last value out, at least; buffers never full."""
        return latency_of(self.network)

    @property
    def cost(self) -> Cost:
        return self.folding.cost


def design_for(
    model: Model, part: FpgaPart, *, folds: Mapping[int, Fold] | None = None, interval: int | None = None
) -> Design:
    """Lay out a model that `unsupported` has nothing against, as fast as the part allows.

    Args:
        model: int8 throughout.
        part: the device; its resources bound the folding.
        folds: operator index to a fold that must be used.
        interval: cycles a frame that are enough; the cheapest design that reaches them is taken.
    """
    units = [_unit(Op(model.main, index), (folds or {}).get(index)) for index in range(len(model.main.nodes))]

    def overhead(choices: Sequence[Choice]) -> Cost:
        cycles = max((c.cycles for c in choices), default=1)
        return network_of(model.main, [c.fold for c in choices], cycles).overhead + SHELL

    limits = limits_of(part)
    folding = at_interval(units, interval, limits, overhead) if interval else fastest(units, limits, overhead)
    network = network_of(model.main, [c.fold for c in folding.choices], folding.interval)
    return Design(model=model, part=part, folding=folding, network=network)


def _unit(op: Op, wanted: Fold | None) -> Unit:
    layer = layer_of(op)
    folds = [wanted] if wanted is not None else list(layer.folds(op))
    return Unit(where=op.where, choices=tuple(_choice(fold, stages_of(layer, op, fold)) for fold in folds))


def stages_of(layer: Layer, op: Op, fold: Fold) -> tuple[Stage, ...]:
    """Every process of an operator: for each output that is read, its own and those that feed it."""
    found: list[Stage] = []
    for part in op.live:
        own = layer.stages(part, fold)
        if own:
            found += [stage for feed in layer.feeds(part, fold) for stage in feed.stages]
        found += own
    return tuple(found)


def _choice(fold: Fold, stages: tuple[Stage, ...]) -> Choice:
    return Choice(fold=fold, cycles=max((s.cycles for s in stages), default=1), cost=total([s.cost for s in stages]))
