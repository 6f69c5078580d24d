import json
from pathlib import Path

import numpy as np
import pytest
from reference import MLPERF_INT8, reference
from report.sample import SAMPLE

from packager.bundle import Bundle
from packager.config.profile import load_profile
from packager.figure import Place
from packager.frontends import read_model
from packager.ir import DType, GraphBuilder, Model, QuantParams, write_tflite
from packager.report.inspection import inspect_bundle, inspect_model, is_bundle
from packager.report.placement import place
from packager.report.views import report_files


def network() -> Model:
    """An int8 addition, then an operator that only a CPU has."""
    b = GraphBuilder()
    quant = QuantParams.per_tensor(0.5, 3)
    x = b.input("x", (1, 8), DType.INT8, quant)
    one = b.const(np.ones((1, 8), np.int8), "one", quant)
    y = b.op("ADD", [x, one], (1, 8), options="AddOptions", name="sum", dtype=DType.INT8, quant=quant, version=2)
    return b.model([b.op("BITCAST", [y], (1, 8), options="BitcastOptions", dtype=DType.INT8, quant=quant)])


def test_a_model_is_described_operator_by_operator(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(write_tflite(network()))
    found = inspect_model(read_model(path))
    document = json.loads(json.dumps(found.to_dict()))
    assert list(document) == ["model", "inputs", "outputs", "layers", "diagnostics"]
    assert document["model"]["bytes"] == path.stat().st_size
    assert (document["model"]["name"], document["model"]["operators"]) == ("net.tflite", 2)
    assert document["inputs"] == [{"name": "x", "type": "int8", "shape": [1, 8], "scale": 0.5, "zero_point": 3}]
    add, _ = document["layers"]
    assert (add["op"], add["version"], add["placement"], add["bytes"]) == ("ADD", 2, None, 8)
    assert [operand["constant"] for operand in add["inputs"]] == [False, True]
    assert add["outputs"][0]["scale"] == [0.5]


def test_with_a_target_each_operator_has_a_place_and_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "net.tflite"
    path.write_bytes(write_tflite(network()))
    source = read_model(path)
    found = inspect_model(source, place(source.model, load_profile("coral")))
    assert [op.placement for op in found.operators] == [Place.TPU, Place.CPU]
    assert all(op.reason for op in found.operators)


@pytest.mark.parametrize("name", MLPERF_INT8)
def test_real_models_add_up(name: str) -> None:
    path = reference(name)
    found = inspect_model(read_model(path))
    assert sum(op.bytes for op in found.operators) == found.facts.constant_bytes <= path.stat().st_size
    assert sum(op.macs for op in found.operators) == found.facts.macs > 0


def test_a_bundle_is_told_from_a_model(tmp_path: Path) -> None:
    made = Bundle("kws", "0.1.0", "raspberrypi-4")
    made.add(*report_files(SAMPLE))
    folder, archive = made.write(tmp_path), made.archive(tmp_path).path
    (tmp_path / "saved_model").mkdir()
    assert is_bundle(folder)
    assert is_bundle(archive)
    assert not is_bundle(tmp_path / "saved_model")
    assert not is_bundle(tmp_path / "net.tflite")

    document = inspect_bundle(folder).to_dict()
    assert [f["path"] for f in document["files"]] == ["report.html", "report.json", "report.md"]
    assert (len(document["layers"]), document["inputs"][0]["name"]) == (5, "input_1")
    assert "inputs" not in document["model"]
    assert inspect_bundle(archive).to_dict()["layers"] == document["layers"]
