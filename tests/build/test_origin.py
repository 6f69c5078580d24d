"""What a manifest says of its making: every file that decided a byte, by name and hash."""

from pathlib import Path

from compress.building import request

from packager.build import build
from packager.build.origin import told
from packager.bundle import read_manifest
from packager.compress import plan_step
from packager.config.compression import StepTable
from packager.util.hashing import sha256_file, sha256_tree


def test_data_and_steps_are_told(tmp_path: Path) -> None:
    (tmp_path / "steps.toml").write_text('[[steps]]\nstep = "channels"\nshare = 0.4\nrefit = false\n', "utf-8")
    asked = request(tmp_path, prune=str(tmp_path / "steps.toml"), train=tmp_path / "inputs.npz")
    (bundle,) = build(asked).bundles
    origin = read_manifest(bundle.path).origin
    assert origin.calibration_sha256 == origin.training_sha256 == sha256_file(tmp_path / "inputs.npz")
    assert (origin.training, origin.evaluation) == ("inputs.npz", "labelled.npz")
    assert origin.evaluation_sha256 == sha256_file(tmp_path / "labelled.npz")
    assert list(origin.steps) == [{"step": "channels", "share": 0.4, "refit": False}]
    assert str(tmp_path).encode() not in (bundle.path / "manifest.json").read_bytes()


def test_files_that_a_step_names_are_told_without_their_folder(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "small.tflite").write_bytes(b"a model")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "0.npy").write_bytes(b"an input")
    options = {"student": "own/small.tflite", "train": str(tmp_path / "data"), "epochs": 2}
    table = StepTable(step="distill", options=options, source=str(tmp_path / "steps.toml"), key="steps[0]")
    assert told(plan_step(table)) == {
        "step": "distill",
        "student": "small.tflite",
        "student_sha256": sha256_file(tmp_path / "own" / "small.tflite"),
        "train": "data",
        "train_sha256": sha256_tree(tmp_path / "data"),
        "epochs": 2,
    }
