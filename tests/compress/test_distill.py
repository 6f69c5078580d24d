"""Distillation: a student of the user's takes the original's place, once it has learned its answers."""

import importlib.util
from pathlib import Path

import pytest
from train.jobs import data, network

from packager.compress import distill
from packager.compress._contract import Context, Kept
from packager.compress._measure import Measurer
from packager.config.samples import Samples
from packager.ir import write_tflite


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]")
def test_a_student_learns_the_originals_answers(tmp_path: Path) -> None:
    teacher, student = network(), network(1)
    (tmp_path / "small.tflite").write_bytes(write_tflite(student))
    samples = Samples(arrays={"x": data(120).inputs[0]}, source="x.npz")
    measure = Measurer(teacher, samples)
    context = Context(
        tuning=samples, teacher=teacher, measure=measure, load=_unused, source=tmp_path / "big.tflite", folder=tmp_path,
        kept=Kept(masks={"of the original": (samples.arrays["x"] > 0)}),
    )  # fmt: skip
    how = distill.Distill(student="small.tflite", epochs=16, batch=16, threads=1)
    assert not list(distill.check(teacher, how, context))
    done = distill.apply(teacher, how, context)
    before, after = measure([student, done.model])
    assert after.loss < 0.3 * before.loss
    assert "small.tflite takes the model's place, 0.0% of the multiply-accumulates gone" in done.summary
    assert "by the original's answers" in done.summary
    assert done.kept is not None
    assert not done.kept.masks, "masks of the original mean nothing now"


def _unused(path: str, *, labels: bool | None) -> Samples:
    raise AssertionError(path, labels)
