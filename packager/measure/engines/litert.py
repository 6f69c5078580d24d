"""LiteRT: runs a `.tflite` artifact, in a child process."""

import functools
from collections.abc import Sequence
from pathlib import Path

from packager.figure import Figure
from packager.interp.litert import RESOLVERS, run_litert
from packager.measure.engines import Array
from packager.measure.latency import measure_litert


def run(bundle: Path, artifact: Path, inputs: Sequence[Array], resolver: str = "default") -> tuple[Array, ...]:  # noqa: ARG001 - an engine's signature
    return run_litert(artifact.read_bytes(), inputs, resolver=resolver)


VARIANTS = {name: functools.partial(run, resolver=name) for name in RESOLVERS}


def bench(bundle: Path, artifact: Path, seconds: float, threads: int) -> tuple[Figure, ...]:  # noqa: ARG001 - as `Bench`
    return measure_litert(artifact.read_bytes(), seconds=seconds, threads=threads)
