"""Every operator that training knows computes what LiteRT and the numpy interpreter compute, and has a gradient."""

import importlib.util

import numpy as np
import pytest
from ops.judging import inputs_for, litert
from train.cases import CASES, computed, model_of

from packager.interp import reference
from packager.ir import write_tflite
from packager.train import check_trainable
from packager.train.ops import find_trainable
from packager.train.train import ENVIRONMENT
from packager.util.child import call
from packager.util.lookup import export_names

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"
)


def test_every_operator_that_is_known_has_a_case() -> None:
    known = {op for op in export_names("packager.ops") if find_trainable(op) is not None}
    assert known == {name.split()[0] for name in CASES}


@pytest.mark.slow
@needs_tensorflow
def test_forward_passes_equal_litert_and_the_interpreter() -> None:
    models = {name: model_of(name) for name in CASES}
    for model in models.values():
        check_trainable(model)
    inputs = {name: inputs_for(model, 5, seed=7) for name, model in models.items()}
    found = call(computed, {n: write_tflite(m) for n, m in models.items()}, inputs, env=ENVIRONMENT)
    for name, model in models.items():
        outputs, fine = found[name]
        assert fine, f"{name}: no gradient"
        wanted = {"LiteRT": litert(model, inputs[name], "BUILTIN")}
        if not reference.unsupported(model):
            wanted["the interpreter"] = list(reference.run(model, inputs[name]))
        for engine, arrays in wanted.items():
            for ours, theirs in zip(outputs, arrays, strict=True):
                near = np.abs(theirs).max() * 2e-6 + 1e-6
                np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=near, err_msg=f"{name} against {engine}")
