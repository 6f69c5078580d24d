from pathlib import Path

import pytest
from cli.edgepack import Outcome
from plan.compiled import CACHED, compiled, options, package
from plan.test_edgetpu_pipeline import stack
from report.placement.test_placement import network
from report.sample import SAMPLE

from packager.bundle import Bundle
from packager.cli._inspected import ranges
from packager.cli.inspect import _shapes, command
from packager.errors import ConfigError
from packager.ir import write_tflite
from packager.report.views import report_files


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "net.tflite"
    path.write_bytes(write_tflite(network()))
    return path


def test_a_model_for_people(model: Path) -> None:
    lines = Outcome(command, model).out.splitlines()
    assert lines[0].startswith("net.tflite: tflite, ")
    assert lines[1].startswith("2 operators, ")
    assert lines[2] == "input   int8 1x8  x  0.5 * (q - 3)"
    assert "runs on" not in lines[5]
    assert lines[6].split() == ["0", "LOGISTIC", "1x8", "int8", "sigmoid"]


def test_with_a_target_places_and_each_reason_once(model: Path) -> None:
    out = Outcome(command, model, "--target", "coral").out
    assert "runs on" in out
    assert "\ntpu #0: Mapped to Edge TPU\n" in out
    assert "\ncpu #1: " in out


def test_json_is_one_document_with_the_keys_of_the_design(model: Path) -> None:
    document = Outcome(command, model, "--target", "coral", "--json").json
    assert {"model", "inputs", "outputs", "layers"} <= document.keys()
    assert [layer["placement"] for layer in document["layers"]] == ["tpu", "cpu"]
    assert [layer["placement"] for layer in Outcome(command, model, "--json").json["layers"]] == [None, None]


def test_a_bundle(tmp_path: Path) -> None:
    made = Bundle("kws", "0.1.0", "raspberrypi-4")
    made.add(*report_files(SAMPLE))
    folder = made.write(tmp_path)
    done = Outcome(command, folder)
    assert "kws for raspberrypi-4 (Raspberry Pi 4 Model B)" in done.out
    assert "report.html" in done.out
    assert len(Outcome(command, folder, "--json").json["layers"]) == 5
    assert Outcome(command, folder, "--target", "coral").code == 2


def test_mistakes(model: Path, tmp_path: Path) -> None:
    assert Outcome(command, tmp_path / "none.tflite").code == 2
    assert Outcome(command, model, "--target", "corall").code == 2
    assert Outcome(command, model, "--input-shape", "1,x").code == 2
    model.write_bytes(model.read_bytes()[:100])
    assert Outcome(command, model).code == 6


def test_input_shapes() -> None:
    assert _shapes(("1,96,96,3", "x=2x3", "a=b=4")) == {"": (1, 96, 96, 3), "x": (2, 3), "a=b": (4,)}
    for wrong in ("", "x=", "1,,2", "0,1", "-1"):
        with pytest.raises(ConfigError, match="not a shape"):
            _shapes((wrong,))


def test_runs_of_operators_are_short() -> None:
    assert ranges([0, 1, 2, 4, 6, 7]) == "#0-#2, #4, #6-#7"


def test_a_compiled_file_is_read_without_a_compiler(tmp_path: Path) -> None:
    path = tmp_path / "net_edgetpu.tflite"
    path.write_bytes(write_tflite(compiled(network(), slice(0, 1), options(package(CACHED, min_runtime=13)))))
    out = Outcome(command, path, "--target", "coral").out
    assert "42.9 KiB cached on the chip, 576 B streamed per inference, libedgetpu runtime 13 or newer" in out
    assert "left on the CPU: 1 operators" in out
    assert "\ntpu #0: compiled for the Edge TPU\n" in out
    document = Outcome(command, path, "--json").json
    assert (document["edgetpu"]["cached_bytes"], document["edgetpu"]["streamed_bytes"]) == (43_968, 576)
    assert [e["kind"] for e in document["edgetpu"]["packages"][0]["executables"]] == [
        "EXECUTION_ONLY",
        "PARAMETER_CACHING",
    ]


def test_a_damaged_compiled_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net_edgetpu.tflite"
    path.write_bytes(write_tflite(compiled(network(), slice(0, 1), options(b"DWN1"))))
    done = Outcome(command, path)
    assert done.code == 6
    assert "damaged Edge TPU package" in str(done.error)


def test_a_plan_over_several_tpus(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(write_tflite(stack([1280] * 7)))
    out = Outcome(command, path, "--target", "coral", "--tpus", "2").out
    assert "over 2 Edge TPUs: a result every ~" in out
    assert "#3-#5" in out
    plan = Outcome(command, path, "--target", "coral", "--tpus", "2", "--json").json["pipeline"]
    assert [(s["first"], s["last"], s["streamed_bytes"]) for s in plan["segments"]] == [(0, 2, 0), (3, 5, 0)]
    assert Outcome(command, path, "--tpus", "2").code == 2
    assert Outcome(command, path, "--target", "jetson", "--tpus", "2").code == 2
    assert Outcome(command, path, "--target", "coral", "--tpus", "9").code == 2


def test_models_beside_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "first.tflite", tmp_path / "second.tflite"
    first.write_bytes(write_tflite(stack([1280] * 3)))
    second.write_bytes(write_tflite(stack([1280] * 4)))
    args = (first, "--target", "coral", "--beside", second)
    assert "compiled together for one Edge TPU" in Outcome(command, *args).out
    one, two = Outcome(command, *args, "--json").json["shared"]
    assert (one["name"], two["name"]) == ("first", "second")
    assert one["streamed_bytes"] == 0
    assert two["streamed_bytes"] == 2 * two["cached_bytes"]
