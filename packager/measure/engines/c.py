"""C: the bundle's own program for its target, natively or emulated; else its sources, compiled for this machine."""

from collections.abc import Sequence
from pathlib import Path

from packager.figure import Figure
from packager.measure.c import run_c
from packager.measure.engines import Array
from packager.measure.latency_c import measure_c
from packager.measure.prebuilt import describe, program_of


def run(bundle: Path, artifact: Path, inputs: Sequence[Array], *, emulate: bool = True) -> tuple[Array, ...]:
    """Run the C runtime of `bundle`; `artifact` is the TFLite file with the same integers."""
    return run_c(bundle, inputs, model=artifact.relative_to(bundle).as_posix(), own=program_of(bundle, emulate=emulate))


def here(bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """The same without an emulator, for many inputs."""
    return run(bundle, artifact, inputs, emulate=False)


def bench(bundle: Path, artifact: Path, seconds: float, threads: int) -> tuple[Figure, ...]:  # noqa: ARG001 - as `Bench`
    return measure_c(bundle, seconds=seconds, threads=threads)


VARIANTS = {"here": here}


def how(bundle: Path) -> str:
    """Say what `run` runs."""
    return describe(bundle)
