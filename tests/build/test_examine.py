"""Code that was generated for one model gives the reference's integers, or there is no bundle."""

import dataclasses
import importlib.metadata

import numpy as np
import pytest
from families.making import job
from ops.judging import inputs_for
from ops.recurrent import Lstm, lstm

from packager.build.examine import _disagreement, _runtime, examine
from packager.build.golden import GoldenRun
from packager.config.samples import Samples
from packager.errors import IntegrityError
from packager.families import family_of
from packager.interp import reference
from packager.quantize import Quantized


def run(engine: str, value: int) -> GoldenRun:
    return GoldenRun(engine=engine, outputs=(np.array([[3, value]], np.int8),), runtime="test", version="1")


@pytest.mark.parametrize(("engine", "what"), [("c", "generated C"), ("hls", "C simulation")])
def test_generated_code_that_differs_stops_the_build(engine: str, what: str) -> None:
    assert not _disagreement([run(engine, 7), run("numpy-integer", 7)])
    with pytest.raises(IntegrityError, match=f"the {what} differs from numpy-integer by up to 2 on the golden inputs"):
        _disagreement([run(engine, 5), run("numpy-integer", 7)])


def test_another_runtime_that_differs_is_told() -> None:
    (note,) = _disagreement([run("litert-default", 127), run("numpy-xnnpack", -128)])
    assert "differ by up to 255" in note.message
    assert not _disagreement([run("litert-default", 1)])


def test_evaluation_is_a_stream_of_its_own() -> None:
    model = lstm(Lstm())
    golden, more = (Samples(arrays={"x": inputs_for(model, 3, seed=seed)[0]}) for seed in (1, 2))
    quantized = Quantized(model=model, float_model=None, ranges={}, plan=None)
    given = dataclasses.replace(job("host", quantized), golden=golden)
    product = family_of(given.profile).emit(given)
    found = examine(given, product, more)
    (wanted,) = reference.run(model, [more.arrays["x"]], given.arithmetic)
    quant = model.output_types()[0].quant
    assert quant is not None
    assert found.outputs is not None
    np.testing.assert_allclose(found.outputs[0], quant.dequantize(wanted).reshape(found.outputs[0].shape))
    (run,) = [run for run in found.runs if run.engine.startswith("litert")]
    (first,) = reference.run(model, [golden.arrays["x"]], given.arithmetic)
    np.testing.assert_array_equal(run.outputs[0].reshape(first.shape), first)


def test_a_gpu_brings_onnxruntime_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name != "onnxruntime-gpu":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.2.3"

    monkeypatch.setattr(importlib.metadata, "version", version)
    assert _runtime("onnxruntime") == ("onnxruntime-gpu", "1.2.3")
    assert _runtime("hls")[0] == "edgepack"
