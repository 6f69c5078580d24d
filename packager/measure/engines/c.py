"""C: compiles a bundle's C runtime with this machine's compiler and runs it."""

from collections.abc import Sequence
from pathlib import Path

from packager.measure.c import run_c
from packager.measure.engines import Array


def run(bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Run the C runtime of `bundle`; `artifact` is the TFLite file with the same integers."""
    return run_c(bundle, inputs, model=artifact.relative_to(bundle).as_posix())
