"""HLS: compiles a bundle's project with the machine's C++ compiler and runs its C simulation."""

from collections.abc import Sequence
from pathlib import Path

from packager.figure import Basis, Figure
from packager.measure.engines import Array
from packager.measure.hls import Timing, csim, timing


def run(bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Run the project of `bundle`; `artifact` is the TFLite file with the same integers."""
    return csim(bundle, inputs, model=artifact.relative_to(bundle).as_posix())


def bench(bundle: Path, artifact: Path, seconds: float, threads: int) -> tuple[Figure, ...]:  # noqa: ARG001 - as `Bench`
    """Count the cycles of the design's timed simulation: bounded buffers, no pipeline depth, no clock closure."""
    return cycles_of(timing(bundle))


def cycles_of(found: Timing) -> tuple[Figure, ...]:
    """What a timed simulation says, as figures."""
    source = "timed simulation of the generated code: bounded buffers, without the depth of pipelines; Vitis not run"
    rows = (("fpga.cycles", found.latency), ("fpga.ii", found.interval))
    return tuple(Figure(name=n, value=v, unit="cycles", basis=Basis.SIMULATED, source=source) for n, v in rows)
