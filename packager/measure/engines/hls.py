"""HLS: compiles a bundle's project with the machine's C++ compiler and runs its C simulation."""

from collections.abc import Sequence
from pathlib import Path

from packager.measure.engines import Array
from packager.measure.hls import csim


def run(bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:
    """Run the project of `bundle`; `artifact` is the TFLite file with the same integers."""
    return csim(bundle, inputs, model=artifact.relative_to(bundle).as_posix())
