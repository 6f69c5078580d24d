"""The numbers of a design, each with its band and where it comes from."""

from collections.abc import Iterator

from packager.config.profile import Profile
from packager.emit.hls import Design
from packager.figure import Basis, Figure

_SOURCE = "EdgePack's estimate from the generated code, Vitis not run"
_INTERVAL_BAND = 1.02
_PIPELINE = 20
"""Stages of a process: what a window, whose pipeline drains once a row, loses each time. No synthesis has said so."""
_LATENCY_BAND = (0.6, 1.2)
"""What the timed simulation gave of the closed form on the MLPerf Tiny models and four parts, and a little more; the
table is in `docs/fpga.md`."""


def figures_of(design: Design, profile: Profile) -> Iterator[Figure]:
    cost, part, fit = design.cost, design.part, design.fit
    low, high = fit.band
    source = f"{_SOURCE}; logic fitted to {fit.source}" if fit.source else _SOURCE
    for name, value in (("lut", cost.lut), ("ff", cost.ff)):
        band = (round(value * low), round(value * high))
        yield _figure(f"fpga.{name}", round(value), "1", low=band[0], high=band[1], source=source)
    yield _figure("fpga.dsp", cost.dsp, "1")
    yield _figure("fpga.bram36", cost.bram18 / 2, "1")
    clock = part.clock_mhz * 1e3
    interval, latency = design.interval, design.latency
    most = max(design.interval_with(_PIPELINE), round(interval * _INTERVAL_BAND))
    yield _figure("fpga.ii", interval, "cycles", low=interval, high=most)
    low, high = (round(latency * factor) for factor in _LATENCY_BAND)
    yield _figure("fpga.cycles", latency, "cycles", low=low, high=high)
    yield _figure("latency.p50.ms", latency / clock, "ms", low=low / clock, high=high / clock)
    rate = 1e3 * clock / interval
    source = f"{_SOURCE}; clock over interval, before DMA"
    yield _figure("throughput.per_second", rate, "1/s", low=1e3 * clock / most, high=rate, source=source)
    if (power := profile.power_w) is not None:
        least, largest = min((power, *part.power_band_w)), max((power, *part.power_band_w))
        source = f"{power:g} W of the board ({least:g} to {largest:g}) times the interval; this design was not measured"
        if "power_w" in profile.unverified:
            source += "; no measurement of this board, see the profile"
        yield _figure(
            "energy.mj",
            power * interval / clock,
            "mJ",
            low=least * interval / clock,
            high=largest * most / clock,
            source=source,
        )


def reason(design: Design, index: int) -> str:
    """How an operator is folded, and the arithmetic of its cycles."""
    stage = design.slowest(index)
    if stage is None:
        return "renames a stream, costs nothing"
    fold = design.folds[index]
    where = " in LUTs" if fold.fabric else ""
    how = f" = {stage.sum}" if stage.sum else ""
    saved = "".join(f"; {s}" for s in design.saved(index))
    return f"PE {fold.pe} x SIMD {fold.simd}{where}: {stage.cycles} cycles a frame in its {stage.name}{how}{saved}"


def _figure(
    name: str, value: float, unit: str, *, low: float | None = None, high: float | None = None, source: str = _SOURCE
) -> Figure:
    return Figure(name=name, value=value, unit=unit, basis=Basis.ESTIMATED, source=source, low=low, high=high)
