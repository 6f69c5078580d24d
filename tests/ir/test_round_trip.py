"""Reading and writing lose nothing, on every real model at hand."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from ir.tiny import float_model, int8_model
from reference import MLPERF_INT8, ROOT, reference

from packager.errors import EdgePackError
from packager.interp.litert import run_litert
from packager.ir import Model, difference, read_tflite, read_tflite_bytes, verify, write_tflite

MLPERF_FLOAT = (
    "mlperf-tiny/ad01_fp32.tflite",
    "mlperf-tiny/pretrainedResnet.tflite",
    "mlperf-tiny/vww_96_float.tflite",
)
EDGETPU = tuple(sorted(f"edgetpu/{p.name}" for p in ROOT.glob("edgetpu/*.tflite")))
REAL = (*MLPERF_INT8, *MLPERF_FLOAT, *EDGETPU)


@pytest.mark.parametrize("make", [float_model, int8_model])
def test_built_model_survives(make: Callable[[], Model]) -> None:
    model = make()
    assert difference(model, read_tflite_bytes(write_tflite(model))) is None


@pytest.mark.parametrize("name", REAL)
def test_real_model_survives(name: str) -> None:
    model = read_tflite(reference(name))
    assert list(verify(model)) == []
    written = write_tflite(model)
    copy = read_tflite_bytes(written)
    assert difference(model, copy) is None
    assert write_tflite(copy) == written


def test_reads_as_many_operators_as_the_edge_tpu_compiler_saw() -> None:
    for row in json.loads(reference("edgetpu/truth.json").read_text(encoding="utf-8")):
        model = read_tflite(reference(f"edgetpu/{row['file']}"))
        assert len(model.main.nodes) == row["ops_total"], row["file"]


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_litert_computes_the_same_on_the_copy(name: str) -> None:
    original = reference(name).read_bytes()
    model = read_tflite_bytes(original)
    inputs = inputs_for(model)
    try:
        wanted = run_litert(original, inputs, resolver="builtin")
    except EdgePackError as refusal:
        pytest.skip(f"LiteRT does not run the original: {refusal}")
    got = run_litert(write_tflite(model), inputs, resolver="builtin")
    assert len(got) == len(wanted)
    for a, b in zip(wanted, got, strict=True):
        np.testing.assert_array_equal(a, b)


def inputs_for(model: Model) -> list[np.ndarray]:
    """Two samples an input, of the model's own types."""
    random = np.random.default_rng(0)
    arrays = []
    for type_ in model.input_types():
        assert type_.dtype.numpy is not None
        shape = (2, *(abs(n) for n in type_.dims[1:]))
        if type_.dtype.is_float:
            arrays.append(random.standard_normal(shape).astype(type_.dtype.numpy))
        else:
            limits = np.iinfo(type_.dtype.value)
            arrays.append(random.integers(limits.min, limits.max, shape, type_.dtype.numpy, endpoint=True))
    return arrays
