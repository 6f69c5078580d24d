"""How long an inference takes on the target, estimated from what each operator computes and moves.

::

    latency = overhead + sum over operators (op_overhead + macs / gmacs[kind] + bytes / bandwidth)

Kinds are those of `packager.ops`; what multiplies nothing (elementwise, pooling, moves) counts its result's elements
instead of multiply-accumulates, at ``gmacs.elementwise``. The coefficients lie in each profile's ``[latency]`` with the
runtime that they hold for; `benchmarks/estimates/fit.py` fits them on published latencies, and the 80 % band is what
leaving each model out of its own fit leaves as error. `docs/estimates.md` shows those errors board by board.

They hold for one data type. What an operator's compute takes in another is a factor: of the C runtime in 16 bits by
counted instructions (`packager.plan.kernel_work`), elsewhere the profile's ``[latency.types]``, where networks were
timed in both.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from packager.config.profile import LatencyModel, Profile, load_profile
from packager.figure import Basis, Figure
from packager.ir import ABSENT, Model
from packager.plan.cost import Cost, OpCost, cost_of
from packager.plan.edgetpu_cache import CachePlan
from packager.plan.kernel_work import kernels_of, widening

MIB = 1024 * 1024
MULTIPLYING = frozenset({"conv", "pointwise", "depthwise", "dense"})
_LIGHT = frozenset({"elementwise", "pool", "move"})
"""Kinds that are charged by the element."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LatencyEstimate:
    overhead_ms: float
    """Of the inference as a whole, whatever its operators."""
    per_op_ms: Mapping[int, float]
    """By operator of the main graph."""
    band: tuple[float, float]
    """Factors on the total: the ends of the 80 % band."""
    source: str
    power_w: float | None = None

    @property
    def total_ms(self) -> float:
        return self.overhead_ms + sum(self.per_op_ms.values())

    def figures(self) -> tuple[Figure, ...]:
        """``latency.p50.ms``, and ``energy.mj`` where the board's power is known."""
        low, high = self.band
        figures = [_figure("latency.p50.ms", "ms", self.total_ms, low, high, self.source)]
        if self.power_w is not None:
            millijoules = self.total_ms * self.power_w
            source = f"{self.power_w:g} W under load for the estimated latency; {self.source}"
            figures.append(_figure("energy.mj", "mJ", millijoules, low, high, source))
        return tuple(figures)


def unestimated(model: Model, profile: Profile, engine: str = "", *, cost: Cost | None = None) -> str:
    """Why there is no estimate of a model, in a clause; empty where there is one.

    Operators of 16 bits are many times as slow as those that the rates are of: without a count there is nothing to say.
    Arguments are those of `estimate_latency`.
    """
    ops = [op for op in (cost or cost_of(model)).ops if op.type == "int16" and op.kind in MULTIPLYING]
    if all(_factor(op, model, profile, engine or profile.engine) is not None for op in ops):
        return ""
    return (
        f"{len(ops)} operators compute in 16 bits, and how long they take in engine {engine or profile.engine!r} on"
        f" this target is not known"
    )


def estimate_latency(model: Model, profile: Profile, engine: str = "", *, cost: Cost | None = None) -> LatencyEstimate:
    """Estimate a model that runs whole on the target's processor, where `unestimated` has no objection.

    Args:
        model: the model that the device runs.
        profile: of the target; it must have a ``[latency]`` table.
        engine: that runs it, by default the profile's. For another than the coefficients' own the band is wider.
        cost: of the model, where the caller has counted it.
    """
    known, ops, engine = profile.latency, (cost or cost_of(model)).ops, engine or profile.engine
    factors = {op.index: _factor(op, model, profile, engine) or 1.0 for op in ops}
    estimate = _of_engine(_summed(ops, profile, factors), profile, engine)
    floats = sum(op.type == "float32" and op.kind in MULTIPLYING for op in ops)
    if not floats or known is None or "float32" in known.types:
        return estimate
    source = f"at the rates of int8 for {floats} operators in float32, whose own are not known; {estimate.source}"
    return dataclasses.replace(estimate, source=source)


def _factor(op: OpCost, model: Model, profile: Profile, engine: str) -> float | None:
    """How many times as long an operator computes as in the type that the rates are of; None where nobody knows."""
    known = profile.latency
    if op.type == "int8" or known is None:
        return 1.0
    if op.type == "int16" and engine == "c" and profile.cpu is not None:
        return widening(model.main, op.index, kernels_of(profile.cpu))
    return known.types.get(op.type) if op.kind in MULTIPLYING else None


def _of_engine(estimate: LatencyEstimate, profile: Profile, engine: str) -> LatencyEstimate:
    known = profile.latency
    if known is None or engine not in known.others:
        return estimate
    least, most = known.others[engine]
    low, high = estimate.band
    # Pages cut long sources in the middle: what it is not comes first.
    source = f"not for {engine!r}, {least:g} to {most:g} of it, but {estimate.source}; {engine!r}: {known.others_how}"
    return dataclasses.replace(estimate, band=(low * least, high * most), source=source)


def estimate_costs(ops: Iterable[OpCost], profile: Profile, floats: str = "float16") -> LatencyEstimate:
    """Estimate operators, of an ONNX file, that run one after another on the target's processor.

    `floats` is the type that those compute in which are not quantized.
    """
    known, ops = profile.latency, tuple(ops)
    types = {} if known is None else known.types
    slower = {op.index: types.get(floats, 1.0) for op in ops if op.type == "float" and op.kind in MULTIPLYING}
    return _summed(ops, profile, slower)


def _summed(ops: Iterable[OpCost], profile: Profile, factors: Mapping[int, float]) -> LatencyEstimate:
    known = profile.latency
    assert known is not None, "the caller asks only where the profile has coefficients"
    return LatencyEstimate(
        overhead_ms=known.overhead_ms,
        per_op_ms={op.index: op_ms(op, known, factors.get(op.index, 1.0)) for op in ops},
        band=_band(known),
        source=_source(known, profile),
        power_w=profile.power_w,
    )


def estimate_edgetpu(
    model: Model, profile: Profile, mapped: AbstractSet[int], cache: CachePlan
) -> LatencyEstimate | None:
    """Estimate a model split between the Edge TPU and its host; None where the profile has no coefficients.

    To the operators' own time come the parameters that reach the chip at every inference, and what the host fetches
    from it.
    """
    known, tpu = profile.latency, profile.edgetpu
    if known is None or tpu is None:
        return None
    cost = cost_of(model)
    per_op = {op.index: op_ms(op, known) for op in cost.ops if op.index in mapped}
    for i, parameters in cache.parameters.items():
        if not parameters.cached:
            per_op[i] += parameters.bytes / MIB / tpu.stream_mib_per_ms
    for i, size in _fetched(model, mapped).items():
        per_op[i] += size / 1024 * tpu.output_ms_per_kib
    per_op.update(_on_host(cost, known, mapped))
    return LatencyEstimate(
        overhead_ms=tpu.overhead_ms if mapped else 0.0,
        per_op_ms=dict(sorted(per_op.items())),
        band=_band(known),
        source=_source(known, profile),
        power_w=profile.power_w,
    )


def op_ms(op: OpCost, known: LatencyModel, factor: float = 1.0) -> float:
    """Return one operator's share in milliseconds; none for what has no kind, for it runs inside another.

    `factor` is on what it computes, for a data type that the rates are not of.
    """
    if not op.kind:
        return 0.0
    is_light = op.kind in _LIGHT
    rate = known.gmacs.get("elementwise" if is_light else op.kind)
    compute = (op.elements if is_light else op.macs) / rate / 1e6 if rate else 0.0
    transfer = op.moved_bytes / known.bandwidth_gbs / 1e6 if known.bandwidth_gbs else 0.0
    return known.op_overhead_ms + factor * compute + transfer


def _on_host(cost: Cost, known: LatencyModel, mapped: AbstractSet[int]) -> dict[int, float]:
    host = load_profile(known.host).latency if known.host else None
    if host is None:
        return {op.index: 0.0 for op in cost.ops if op.index not in mapped}
    return {op.index: op_ms(op, host) for op in cost.ops if op.index not in mapped}


def _fetched(model: Model, mapped: AbstractSet[int]) -> dict[int, int]:
    """Bytes that leave the TPU, by the operator that computes them: outputs, and what operators on the host read."""
    graph, users = model.main, model.main.consumers()
    sizes: dict[int, int] = {}
    for i in mapped:
        for t in graph.nodes[i].outputs:
            leaves = t in graph.outputs or any(user not in mapped for user in users.get(t, ()))
            if t != ABSENT and leaves:
                sizes[i] = sizes.get(i, 0) + graph.type_of(t).nbytes
    return sizes


def _band(known: LatencyModel) -> tuple[float, float]:
    return (known.band[0], known.band[1]) if len(known.band) == 2 else (1.0, 1.0)


def _source(known: LatencyModel, profile: Profile) -> str:
    return f"{known.runtime} on {profile.title}; {known.how}"


def _figure(name: str, unit: str, value: float, low: float, high: float, source: str) -> Figure:
    return Figure(
        name=name, value=value, unit=unit, basis=Basis.ESTIMATED, source=source, low=value * low, high=value * high
    )
