"""`edgepack build` from the outside: options, `edgepack.toml`, JSON, exit codes."""

import json
from pathlib import Path

import numpy as np
import pytest
from ops.judging import quant

from packager.cli.main import main
from packager.ir import DType, GraphBuilder, write_tflite

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
CALIBRATION = str(DIGITS / "calibration.npz")
HOST = ("build", str(DIGITS / "digits.tflite"), "--target", "host", "--calibration", CALIBRATION)


def test_a_build_prints_its_places_and_key_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "build",
        str(DIGITS / "digits.tflite"),
        "--target",
        "host",
        "--calibration",
        CALIBRATION,
        "-o",
        str(tmp_path),
    ]
    assert main([*words, "--no-measure"]) == 0
    out = capsys.readouterr().out
    assert f"host: {tmp_path / 'digits-0.1.0-host'}" in out
    assert "Tensor arena" in out
    assert (tmp_path / "digits-0.1.0-host.html").is_file()


def test_a_model_that_c_can_not_hold_says_so_where_one_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, quant(0.05))
    two = b.const(np.full((1, 4), 2, np.int8), "two", quant(0.05))
    y = b.op("FLOOR_DIV", [x, two], (1, 4), name="head/share", dtype=DType.INT8, quant=quant(0.05))
    (tmp_path / "net.tflite").write_bytes(write_tflite(b.model([y])))
    words = ["build", str(tmp_path / "net.tflite"), "--target", "host", "-o", str(tmp_path / "out"), "--no-measure"]
    assert main(words) == 0
    said = capsys.readouterr().err
    assert "warning: no C runtime, LiteRT is the only one: FLOOR_DIV #0 'head/share': has no C kernel" in said
    assert "replace it by DIV" in said


def test_json_is_one_document_and_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "build",
        str(DIGITS / "digits.tflite"),
        "--target",
        "host",
        "--calibration",
        CALIBRATION,
        "-o",
        str(tmp_path),
    ]
    assert main([*words, "--no-measure", "--json"]) == 0
    (bundle,) = json.loads(capsys.readouterr().out)["bundles"]
    assert bundle["target"] == "host"
    assert Path(bundle["archive"]).is_file()
    assert bundle["report"]["schema"] == 1
    assert len(bundle["digest"]) == 64


def test_without_a_model_the_project_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "edgepack.toml").write_text(
        f'model = "{DIGITS / "digits.tflite"}"\ntargets = ["host"]\ncalibration = "{CALIBRATION}"\nname = "numbers"\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    assert main(["build", "--version", "2.0.0", "--no-measure"]) == 0
    assert (tmp_path / "dist" / "numbers-2.0.0-host" / "manifest.json").is_file()
    assert "numbers-2.0.0-host" in capsys.readouterr().out


def test_without_a_model_or_a_project_file_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build"]) == 2
    assert "no edgepack.toml here" in capsys.readouterr().err


@pytest.mark.parametrize("shape", ["1,x", "1,-2", "x=", "x=0"])
def test_a_wrong_shape_is_a_usage_error(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(DIGITS / "digits.tflite"), "--target", "host", "--input-shape", shape]) == 2
    assert "NAME=1,49,10,1" in capsys.readouterr().err


def test_two_unknown_targets_are_both_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["build", str(DIGITS / "digits.tflite"), "--target", "jetsn", "--target", "corall", "-o", str(tmp_path)]
    assert main(words) == 2
    err = capsys.readouterr().err
    assert "'jetson'" in err
    assert "'coral'" in err


def test_an_exceeded_budget_is_exit_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    budget = tmp_path / "budget.toml"
    budget.write_text('[default]\n"deploy.bytes" = {max = "1 KiB"}\n', encoding="utf-8")
    assert main([*HOST, "--budget", str(budget), "-o", str(tmp_path / "dist"), "--no-measure"]) == 3
    assert "deploy.bytes" in capsys.readouterr().err


def test_a_c_prefix_reaches_the_bundle_and_is_held_to_c(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*HOST, "--target", "cortex-m4", "-o", str(tmp_path), "--no-measure", "--c-prefix"]
    assert main([*words, "a-b"]) == 2
    assert "the C prefix 'a-b' is no identifier" in capsys.readouterr().err
    assert main([*words, "digits"]) == 0
    for target in ("host", "cortex-m4"):
        (header,) = tmp_path.glob(f"*-{target}/runtime/c/model.h")
        assert "#define DIGITS_ARENA_BYTES " in header.read_text("utf-8")
        assert header.with_name("digits.h").is_file()
