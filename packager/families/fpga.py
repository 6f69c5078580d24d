"""FPGA: a Vitis HLS project whose every layer is hardware of its own, folded to the part, and its estimates."""

import functools
from collections.abc import Callable, Iterable, Iterator

from packager.bundle import Entry
from packager.config.profile import FpgaPart, Profile, load_profile, profile_names
from packager.emit.hls import Design, design_for, project, unsupported
from packager.errors import Diagnostic, Severity
from packager.families._contract import Family, Job, Product
from packager.figure import Basis, Figure, Place
from packager.interp import reference
from packager.ir import Model, write_tflite
from packager.plan.cost import cost_of
from packager.plan.fpga_estimate import LOGIC_BAND
from packager.util.text import human_bytes

_SOURCE = "EdgePack's estimate from the generated code, Vitis not run"
_INTERVAL_BAND = 1.03
_LATENCY_BAND = (0.6, 1.2)
"""What the timed simulation of thirteen designs gave of the closed form, and a little more: 1.000 to 1.015 of the
interval, 0.62 to 1.13 of the latency. They are the MLPerf Tiny models on four parts, in `docs/fpga.md`."""
_BRAM36_BYTES = 36 * 1024 // 8
_UNITS = {"lut": "LUT", "ff": "FF", "dsp": "DSP slices", "bram18": "BRAM18"}


@functools.lru_cache(maxsize=8)
def _design(model: Model, part: FpgaPart) -> Design:
    """Checked and emitted from one layout: models compare by identity."""
    return design_for(model, part)


class Fpga:
    """The family `fpga`."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        part = job.profile.fpga
        if part is None:
            yield _error("", "the profile has no [fpga] table", "add it to the target's file")
            return
        if job.arithmetic != "integer":
            yield _error("", f"the FPGA computes in arithmetic 'integer', not {job.arithmetic!r}", "use integer")
        too_large = list(_too_many_weights(job.quantized.model, part))
        found = unsupported(job.quantized.model)
        yield from (*found, *too_large)
        if not found and not too_large:
            yield from _overflow(job.quantized.model, job.profile, part)

    def emit(self, job: Job) -> Product:
        part, model = job.profile.fpga, job.quantized.model
        assert part is not None, "check comes first"
        design = _design(model, part)
        inputs = [job.golden.arrays[name] for name in model.input_names()]
        outputs = reference.run(model, inputs, "integer")
        tflite = Entry(path="model/model.tflite", content=write_tflite(model), role="model")
        clock = part.clock_mhz * 1e3
        return Product(
            files=(tflite, *project(design, inputs, outputs, name=job.name)),
            artifact=tflite.path,
            engine="hls",
            figures=tuple(_figures(design, job.profile)),
            placements={i: (Place.FPGA, _reason(design, i)) for i in range(len(model.main.nodes))},
            default=Place.FPGA,
            latencies={i: c.cycles / clock for i, c in enumerate(design.folding.choices)},
        )


def _reason(design: Design, index: int) -> str:
    choice = design.folding.choices[index]
    if not choice.cost.lut:
        return "renames a stream, costs nothing"
    fold = choice.fold
    where = " in LUTs" if fold.fabric else ""
    return f"PE {fold.pe} x SIMD {fold.simd}{where}, {choice.cycles} cycles a frame"


def _figures(design: Design, profile: Profile) -> Iterator[Figure]:
    cost, part = design.cost, design.part
    low, high = LOGIC_BAND
    for name, value in (("lut", cost.lut), ("ff", cost.ff)):
        yield _figure(f"fpga.{name}", round(value), "1", low=round(value * low), high=round(value * high))
    yield _figure("fpga.dsp", cost.dsp, "1")
    yield _figure("fpga.bram36", cost.bram18 / 2, "1")
    clock = part.clock_mhz * 1e3
    interval, latency = design.interval, design.latency
    yield _figure("fpga.ii", interval, "cycles", low=interval, high=round(interval * _INTERVAL_BAND))
    low, high = (round(latency * factor) for factor in _LATENCY_BAND)
    yield _figure("fpga.cycles", latency, "cycles", low=low, high=high)
    yield _figure("latency.p50.ms", latency / clock, "ms", low=low / clock, high=high / clock)
    rate = 1e3 * clock / interval
    source = f"{_SOURCE}; clock over interval, before DMA"
    yield _figure("throughput.per_second", rate, "1/s", low=rate / _INTERVAL_BAND, high=rate, source=source)
    power = part.board_power_w or profile.power_w
    if power:
        source = f"{power:g} W of the board times the interval"
        yield _figure("energy.mj", power * design.interval / clock, "mJ", source=source)


def _figure(
    name: str, value: float, unit: str, *, low: float | None = None, high: float | None = None, source: str = _SOURCE
) -> Figure:
    return Figure(name=name, value=value, unit=unit, basis=Basis.ESTIMATED, source=source, low=low, high=high)


def _too_many_weights(model: Model, part: FpgaPart) -> Iterator[Diagnostic]:
    """Every weight stays on the chip; where the block memories can't hold them, no folding helps."""
    need = sum(cost.constant_bytes for cost in cost_of(model).ops)
    have = part.bram36 * _BRAM36_BYTES
    if need > have:
        boards = _boards(lambda other: other.bram36 * _BRAM36_BYTES >= need / 0.9)
        hint = (
            f"try {boards[0].name} ({boards[0].title})" if boards else "no shipped board has as much: prune the model"
        )
        message = f"constants of {human_bytes(need)} exceed the {human_bytes(have)} of block memory on {part.part}"
        yield _error("", message, hint)


def _boards(able: Callable[[FpgaPart], bool]) -> list[Profile]:
    """Shipped boards whose part is able, the smallest first."""
    boards = [(b, b.fpga) for b in map(load_profile, profile_names()) if b.fpga is not None and not b.extends]
    return [b for b, part in sorted(boards, key=lambda pair: pair[1].lut) if able(part)]


def _overflow(model: Model, profile: Profile, part: FpgaPart) -> Iterator[Diagnostic]:
    design = _design(model, part)
    if design.folding.fits:
        return
    over = [r for r, share in design.folding.shares.items() if share > 1]
    numbers = ", ".join(
        f"{getattr(design.cost, r):.0f} of {getattr(design.folding.limits, r):.0f} {_UNITS[r]}" for r in over
    )
    yield _error(
        "", f"does not fit {part.part}: its smallest design needs {numbers}", _would_fit(model, profile, design)
    )


def _would_fit(model: Model, profile: Profile, design: Design) -> str:
    """Name the smallest shipped board that holds the model, or what takes most of the binding resource."""
    fitting = _boards(lambda other: other != profile.fpga and _design(model, other).folding.fits)
    if fitting:
        return f"it fits {fitting[0].name} ({fitting[0].title})"
    binding = design.folding.binding
    costs = [getattr(c.cost, binding) for c in design.folding.choices]
    worst = max(range(len(costs)), key=lambda i: float(costs[i]))
    return f"no shipped board holds it; {model.main.where(worst)} takes {costs[worst]:.0f} {_UNITS[binding]}: shrink it"


def _error(where: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, where=where, message=message, hint=hint)


FAMILY: Family = Fpga()
