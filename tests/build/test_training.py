"""Steps that train, from the request to the bundle."""

import dataclasses
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from ops.judging import litert
from train.jobs import network

from packager.build import build
from packager.config.request import BuildRequest
from packager.errors import ConfigError, UnsupportedError
from packager.ir import Activation, DType, GraphBuilder, QuantParams, write_tflite

needs_tensorflow = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"
)


def steps(tmp_path: Path, text: str, **changes: object) -> BuildRequest:
    """A request whose labels are what the model itself says."""
    model = network()
    x = np.random.default_rng(0).normal(0, 1, (60, 6, 6, 2)).astype(np.float32)
    path = tmp_path / "network.tflite"
    path.write_bytes(write_tflite(model))
    np.savez(tmp_path / "inputs.npz", x=x)
    np.savez(tmp_path / "labelled.npz", x=x, y=litert(model, [x], "BUILTIN")[0].argmax(axis=1))
    (tmp_path / "steps.toml").write_text(text, "utf-8")
    asked = BuildRequest(
        model=path, targets=("host",), out=tmp_path / "dist", calibration=str(tmp_path / "inputs.npz"),
        eval=tmp_path / "labelled.npz", prune=str(tmp_path / "steps.toml") if text else "", measure=False,
    )  # fmt: skip
    return dataclasses.replace(asked, **changes)  # type: ignore[arg-type]  # a test's shorthand


def test_labels_that_do_not_fit_the_output_are_refused_with_nothing_written(tmp_path: Path) -> None:
    asked = steps(tmp_path, '[[steps]]\nstep = "finetune"\n', train=tmp_path / "train.npz")
    x = np.zeros((6, 6, 6, 2), np.float32)
    np.savez(tmp_path / "train.npz", x=x, y=np.array([0, 1, 2, 3, 4, 0]))
    with pytest.raises(ConfigError, match=r"train.npz: label 3 of sample 3 is not in 0..2"):
        build(asked)
    assert not asked.out.exists()


def test_training_data_without_a_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--train needs --prune"):
        build(steps(tmp_path, "", train=tmp_path / "labelled.npz"))


@pytest.mark.slow
@needs_tensorflow
def test_a_build_prunes_in_rounds_and_recovers(tmp_path: Path) -> None:
    text = """
[[steps]]
step = "gradual"
share = 0.2
multiple_of = 2
rounds = 1
epochs = 3
held_out = 0
learning_rate = 0.01
[[steps]]
step = "sparse_training"
sparsity = 0.5
epochs = 3
held_out = 0
"""
    (bundle,) = build(steps(tmp_path, text, train=tmp_path / "labelled.npz")).bundles
    report = bundle.report.compression
    assert report is not None
    first, second = report.steps
    assert "of the multiply-accumulates went in 1 rounds" in first.summary
    assert "labelled.npz, by labels and the original's answers" in first.summary
    assert first.after > 70
    assert "became zero; trained 3 epochs" in second.summary
    assert second.columns == ("epoch", ">loss", ">held-out loss", ">held-out accuracy")
    assert {tool.name for tool in bundle.report.tools} >= {"keras"}


def test_a_quantized_model_is_refused(tmp_path: Path) -> None:
    asked = steps(tmp_path, '[[steps]]\nstep = "finetune"\n')
    b, quant = GraphBuilder(), QuantParams.per_tensor(0.1)
    x = b.input("x", (1, 6, 6, 2), DType.INT8, quant)
    y = b.op("ADD", [x, x], (1, 6, 6, 2), options="AddOptions", dtype=DType.INT8, quant=quant,
             fused_activation_function=Activation.NONE)  # fmt: skip
    asked.model.write_bytes(write_tflite(b.model([y])))
    with pytest.raises(UnsupportedError, match="finetune: a quantized model can't be trained"):
        build(dataclasses.replace(asked, eval=None))
    assert not asked.out.exists()
