"""The numpy reference interpreter: runs a `.tflite` artifact of integers in either arithmetic."""

import functools
from collections.abc import Sequence
from pathlib import Path

from packager.interp import reference
from packager.ir import read_tflite
from packager.measure.engines import Array
from packager.ops import ARITHMETICS, FAST17


def run(bundle: Path, artifact: Path, inputs: Sequence[Array], arithmetic: str = "xnnpack") -> tuple[Array, ...]:  # noqa: ARG001 - an engine's signature
    return reference.run(read_tflite(artifact), inputs, arithmetic)


VARIANTS = {name: functools.partial(run, arithmetic=name) for name in (*ARITHMETICS, FAST17)}
