"""Jobs for the families' tests, and bundles of what they make."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from packager.config.profile import Profile, load_profile
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.families import Job, Product
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.quantize import Quantized, Range

NO_SAMPLES = Samples(arrays={})
HALF = QuantParams.per_tensor(0.5, 0)


def dense_model() -> Model:
    """Float: three numbers in, two out, ``[[1, 2, 3], [4, 5, 6]] x``."""
    b = GraphBuilder()
    weights = b.const(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    x = b.input("x", (1, 3))
    return b.model([b.op("FULLY_CONNECTED", [x, weights], (1, 2), options="FullyConnectedOptions", name="y")])


def single(*scales: float) -> tuple[float, ...]:
    """Scales as a file holds them."""
    return tuple(float(np.float32(s)) for s in scales)


def dense_integer_model() -> Model:
    """The same in int8, activations with scale 1/2."""
    b = GraphBuilder()
    x = b.input("x", (1, 3), DType.INT8, HALF)
    scale = QuantParams(scale=single(3 / 127, 6 / 127), zero_point=(0, 0), axis=0)
    weights = b.const(scale.quantize([[1, 2, 3], [4, 5, 6]], np.int8), quant=scale)
    bias_scale = QuantParams(scale=single(1.5 / 127, 3 / 127), zero_point=(0, 0), axis=0)
    bias = b.const(np.zeros(2, np.int32), quant=bias_scale)
    inputs = [x, weights, bias]
    out = b.op(
        "FULLY_CONNECTED", inputs, (1, 2), options="FullyConnectedOptions", name="y", dtype=DType.INT8, quant=HALF
    )
    return b.model([out])


def float_source(model: Model) -> Quantized:
    wide = Range(low=-4, high=4, reason="test")
    ranges = dict.fromkeys(model.main.activations(), wide)
    return Quantized(model=dense_integer_model(), float_model=model, ranges=ranges, plan=None)


def integer_source() -> Quantized:
    return Quantized(model=dense_integer_model(), float_model=None, ranges={}, plan=None)


def job(target: str | Profile, quantized: Quantized, *, scheme: str = "int8", arithmetic: str = "xnnpack") -> Job:
    profile = load_profile(target) if isinstance(target, str) else target
    return Job(
        name="net",
        version="0.1.0",
        profile=profile,
        recipe=Recipe(name="test", description="", scheme=scheme),
        arithmetic=arithmetic,
        quantized=quantized,
        golden=NO_SAMPLES,
    )


def unpack(product: Product, into: Path) -> Path:
    for entry in product.files:
        path = into / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.content)
        path.chmod(0o755 if entry.executable else 0o644)
    return into


def unread(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and standard error of a program whose standard output nobody reads any more."""
    there, here = os.pipe()
    os.close(there)
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, stdout=here, stderr=subprocess.PIPE, check=False, encoding="utf-8"
        )
    finally:
        os.close(here)
    return done.returncode, done.stderr
