"""A list of steps from a file or a recipe to the bundle: run in order, told in the report, kept by quantization."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from compress.building import request
from ops.judging import litert

from packager.build import build
from packager.errors import ConfigError, UnsupportedError
from packager.ir import DType, Model, read_tflite
from packager.plan.sparsity import sparse_layers
from packager.report.model import Report

ALL = """
[[steps]]
step = "sensitivity"
ratios = [0.5]
[[steps]]
step = "channels"
share = 0.2
ratios = "sensitivity"
[[steps]]
step = "equalize"
[[steps]]
step = "pattern"
[[steps]]
step = "bias_correction"
"""


def steps(tmp_path: Path, text: str) -> str:
    path = tmp_path / "steps.toml"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.slow
def test_every_step_is_run_told_and_kept(tmp_path: Path) -> None:
    result = build(request(tmp_path, prune=steps(tmp_path, ALL)))
    (bundle,) = result.bundles
    report = Report.from_json((bundle.path / "report.json").read_bytes())
    assert report.compression is not None
    names = [step.step for step in report.compression.steps]
    assert names == ["sensitivity", "channels", "equalize", "pattern", "bias_correction"]
    assert report.compression.steps[0].before == report.compression.steps[0].after == 100.0
    assert report.compression.steps[0].curves
    for before, after in zip(report.compression.steps, report.compression.steps[1:], strict=False):
        assert before.after == after.before
    assert "sensitivity-channels-title" in (bundle.path / "report.html").read_text("utf-8")
    made = read_tflite(bundle.path / "model" / "model.tflite")
    assert sparse_layers(made.main)
    told = "\n".join(str(note) for note in result.notes)
    for name in names:
        assert f"{name}: " in told
    assert "integer layers corrected" in told


@pytest.mark.slow
def test_two_builds_give_the_same_bundle(tmp_path: Path) -> None:
    text = '[[steps]]\nstep = "magnitude"\nratio = 0.3\n'
    first, second = (
        build(request(tmp_path, prune=steps(tmp_path, text), out=tmp_path / name)).bundles[0].digest for name in "ab"
    )
    assert first == second


def test_mixed_precision_reaches_the_artifact(tmp_path: Path) -> None:
    text = '[[steps]]\nstep = "mixed"\nshare = 1.0\nloss = 0.0\n'
    (bundle,) = build(request(tmp_path, prune=steps(tmp_path, text))).bundles
    report = bundle.report
    made = read_tflite(bundle.path / "model" / "model.tflite")
    assert report.compression is not None
    assert report.quantization is not None
    wide = [op for op in report.quantization.ops if op.scheme == "int16x8"]
    assert bool(wide) == _has_int16(made) == ("operators in int16x8: loss" in report.compression.steps[0].summary)


def _has_int16(model: Model) -> bool:
    return any(tensor.type.dtype is DType.INT16 for tensor in model.main.tensors)


def test_a_recipe_can_name_the_steps(tmp_path: Path) -> None:
    recipe = tmp_path / "own.toml"
    recipe.write_text('description = "pruned"\n[[steps]]\nstep = "channels"\nshare = 0.4\nrefit = false\n', "utf-8")
    (bundle,) = build(request(tmp_path, prune="", recipe=str(recipe))).bundles
    assert bundle.report.compression is not None
    assert [step.step for step in bundle.report.compression.steps] == ["channels"]


@pytest.mark.parametrize(
    ("first", "second", "lost"),
    [
        ("cluster", "channels", "the shared weights"),
        ("cluster", "equalize", "the shared weights"),
        ("qat", "finetune", "the learned ranges"),
        ("qat", "equalize", "the learned ranges"),
        ("pattern", "channels", "the pattern of zeros"),
        ("magnitude", "low_rank", "the zeros"),
        ("channels", "distill", "the smaller layers"),
    ],
)
def test_an_order_that_undoes_a_step_is_refused(tmp_path: Path, first: str, second: str, lost: str) -> None:
    needed = {"channels": "share = 0.3", "magnitude": "ratio = 0.3", "distill": 'student = "none.tflite"'}
    text = "".join(f'[[steps]]\nstep = "{s}"\n{needed.get(s, "")}\n' for s in (first, "sensitivity", second))
    asked = request(tmp_path, prune=steps(tmp_path, text))
    with pytest.raises(ConfigError, match=rf"steps\[2\]: {second} undoes {lost} that {first}, steps\[0\], made"):
        build(asked)
    assert not asked.out.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[steps]]\nstep = "chanels"\nshare = 0.3', r"steps\[0\]: no compression step 'chanels'"),
        ('[[steps]]\nstep = "pattern"\n[[steps]]\nstep = "channels"', r"steps\[1\]: missing 'share'"),
        ('[[steps]]\nstep = "magnitude"\nratio = 2.0', "a ratio of 2 can't be zeroed"),
        ('[[steps]]\nstep = "block"\nratio = 0.5\nlayers = ["conv"]', "no layer 'conv'"),
    ],
)
def test_a_wrong_list_is_refused_with_nothing_written(tmp_path: Path, text: str, message: str) -> None:
    asked = request(tmp_path, prune=steps(tmp_path, text))
    with pytest.raises(ConfigError, match=message) as caught:
        build(asked)
    assert caught.value.hint
    assert not asked.out.exists()


def test_labels_that_do_not_fit_the_output_are_refused(tmp_path: Path) -> None:
    asked = request(tmp_path)
    x = np.load(tmp_path / "inputs.npz")["x"]
    np.savez(tmp_path / "inputs.npz", x=x, y=np.full(len(x), 9))
    with pytest.raises(ConfigError, match=r"label 9 of sample 0 is not in 0\.\.3"):
        build(asked)
    assert not asked.out.exists()


def test_a_drop_is_told_with_the_steps_that_led_to_it(tmp_path: Path) -> None:
    text = '[[steps]]\nstep = "magnitude"\nratio = 0.9\ncorrect = false\n[[steps]]\nstep = "cluster"\n'
    asked = request(tmp_path, prune=steps(tmp_path, text), max_drop=0.0)
    with pytest.raises(UnsupportedError, match="magnitude brings the loss to") as caught:
        build(asked)
    assert "of the weights zeroed" in caught.value.details
    assert "cluster" not in caught.value.details
    assert not asked.out.exists()


def test_the_labels_of_the_calibration_inputs_are_the_steps_own(tmp_path: Path) -> None:
    """Labels that are all wrong: int8 agrees with the float model, but is not right."""
    asked = request(tmp_path)
    x = np.load(tmp_path / "inputs.npz")["x"]
    y = litert(read_tflite(asked.model), [x], "BUILTIN")[0].argmax(axis=1)
    np.savez(tmp_path / "inputs.npz", x=x, y=(y + 1) % 4)
    text = '[[steps]]\nstep = "sensitivity"\nof = ["int8"]\n'
    (bundle,) = build(dataclasses.replace(asked, prune=steps(tmp_path, text))).bundles
    assert bundle.report.compression is not None
    (step,) = bundle.report.compression.steps
    assert max(v for c in step.curves for v in c.values) < 50
    assert step.before == 100, "the evaluation inputs score the step"
