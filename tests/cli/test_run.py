from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_bundle import IN, OUT, tiny_bundle, tiny_inputs, tiny_model

from packager.cli.main import main
from packager.interp import reference
from packager.interp.litert import run_litert
from packager.ir import write_tflite

Arrays = dict[str, Any]


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tiny_bundle().write(tmp_path / "dist")


def run(bundle: Path, tmp_path: Path, *options: str, **arrays: Any) -> Arrays:
    np.savez(tmp_path / "x.npz", allow_pickle=False, **arrays)
    out = tmp_path / "y.npz"
    assert main(["run", str(bundle), "--input", str(tmp_path / "x.npz"), "-o", str(out), *options]) == 0
    with np.load(out) as found:
        return dict(found)


def wanted() -> Any:
    return reference.run(tiny_model(), [tiny_inputs()])[0]


def test_integers_of_the_artifacts_type_are_taken_as_they_are(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(bundle, tmp_path, x=tiny_inputs())
    assert list(found) == ["dense"]
    assert found["dense"].dtype == np.int8
    assert np.array_equal(found["dense"], wanted())
    assert capsys.readouterr() == ("dense: int8 [5, 3]\n", "")


def test_real_values_are_quantized(bundle: Path, tmp_path: Path) -> None:
    found = run(bundle, tmp_path, x=IN.dequantize(tiny_inputs()))
    assert np.array_equal(found["dense"], wanted())


def test_dequantize_gives_real_values(bundle: Path, tmp_path: Path) -> None:
    found = run(bundle, tmp_path, "--dequantize", x=tiny_inputs())
    assert found["dense"].dtype == np.float32
    assert np.array_equal(found["dense"], OUT.dequantize(wanted()))


@pytest.mark.parametrize("engine", ["litert", "numpy", "numpy-xnnpack"])
def test_another_engine_can_be_named(bundle: Path, tmp_path: Path, engine: str) -> None:
    assert np.array_equal(run(bundle, tmp_path, "--engine", engine, x=tiny_inputs())["dense"], wanted())


def test_a_variant_of_an_engine_can_be_named(bundle: Path, tmp_path: Path) -> None:
    """The model has a sum that lies halfway between two integers, where LiteRT's kernels round apart."""
    (portable,) = run_litert(write_tflite(tiny_model()), [tiny_inputs()], resolver="reference")
    assert not np.array_equal(portable, wanted())
    assert np.array_equal(run(bundle, tmp_path, "--engine", "litert-reference", x=tiny_inputs())["dense"], portable)


def test_the_same_inputs_give_the_same_file(bundle: Path, tmp_path: Path) -> None:
    run(bundle, tmp_path, x=tiny_inputs())
    first = (tmp_path / "y.npz").read_bytes()
    run(bundle, tmp_path, x=tiny_inputs())
    assert (tmp_path / "y.npz").read_bytes() == first


def test_an_archive_is_run_as_well(tmp_path: Path) -> None:
    archive = tiny_bundle().archive(tmp_path).path
    assert np.array_equal(run(archive, tmp_path, x=tiny_inputs())["dense"], wanted())


@pytest.mark.parametrize(
    ("options", "array", "code", "word"),
    [
        (["--engine", "litret"], tiny_inputs(), 2, "did you mean 'litert'?"),
        (["--engine", "onnxruntime"], tiny_inputs(), 2, "does not run model/model.tflite"),
        (["--engine", "c"], tiny_inputs(), 2, "holds no C runtime, its report says why"),
        (["--engine", "litert-refrence"], tiny_inputs(), 2, "litert-reference"),
        ([], np.zeros((2, 5), np.float32), 2, "asks for [n, 4]"),
        ([], np.full((2, 4), np.nan, np.float32), 2, "NaN"),
        ([], np.zeros((0, 4), np.float32), 2, "no samples"),
    ],
)
def test_what_does_not_fit_is_one_line_and_writes_nothing(
    bundle: Path,
    tmp_path: Path,
    options: list[str],
    array: Any,
    code: int,
    word: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    np.savez(tmp_path / "x.npz", x=array)
    out = tmp_path / "y.npz"
    assert main(["run", str(bundle), "--input", str(tmp_path / "x.npz"), "-o", str(out), *options]) == code
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert word in err
    assert not out.exists()


def test_a_folder_that_is_no_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "x.npz", x=tiny_inputs())
    assert main(["run", str(tmp_path), "--input", str(tmp_path / "x.npz"), "-o", str(tmp_path / "y.npz")]) == 4
    assert "is not a bundle" in capsys.readouterr().err


def test_an_output_that_can_not_be_written(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "x.npz", x=tiny_inputs())
    out = tmp_path / "missing" / "y.npz"
    assert main(["run", str(bundle), "--input", str(tmp_path / "x.npz"), "-o", str(out)]) == 1
    assert "No such file or directory" in capsys.readouterr().err
