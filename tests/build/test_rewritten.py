"""A family that rewrites the model: golden vectors, scores and layers follow the artifact, not what it came from."""

import json

import numpy as np
import pytest

from packager.build import BuildResult, build
from packager.config.request import BuildRequest
from packager.ir import DType, GraphBuilder, QuantParams, read_tflite, write_tflite

Q = QuantParams.per_tensor(0.05, 3)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """An integer model with float edges: the Edge TPU's artifact has integer ones."""
    folder = tmp_path_factory.mktemp("rewritten")
    b = GraphBuilder()
    x = b.input("x", (1, 8))
    t = b.op("QUANTIZE", [x], (1, 8), dtype=DType.INT8, quant=Q, name="entry")
    t = b.op("RELU", [t], (1, 8), dtype=DType.INT8, quant=Q, version=2, name="clip")
    y = b.op("DEQUANTIZE", [t], (1, 8), name="y", version=2)
    (folder / "net.tflite").write_bytes(write_tflite(b.model([y])))
    rng = np.random.default_rng(0)
    np.savez(folder / "data.npz", x=rng.normal(0, 2, (20, 8)).astype(np.float32), y=rng.integers(0, 8, 20))
    request = BuildRequest(
        model=folder / "net.tflite",
        targets=("coral", "host"),
        out=folder / "dist",
        calibration=str(folder / "data.npz"),
        eval=folder / "data.npz",
        measure=False,
    )
    return build(request)


def test_golden_vectors_are_those_of_the_artifact(built: BuildResult) -> None:
    folder = built.bundles[0].path
    model = read_tflite(folder / "model" / "model.tflite")
    assert [n.op for n in model.main.nodes] == ["RELU"]
    golden = json.loads((folder / "golden" / "golden.json").read_text("utf-8"))
    assert [layer["op"] for layer in golden["layers"]] == ["RELU"]
    (given,) = (np.load(folder / path) for path in golden["inputs"])
    assert given.dtype == np.int8
    for engine in golden["engines"].values():
        (made,) = (np.load(folder / path) for path in engine["outputs"])
        np.testing.assert_array_equal(made, np.maximum(given, 3))


def test_the_report_lists_the_artifact_s_layers_and_ports(built: BuildResult) -> None:
    coral, host = (bundle.report for bundle in built.bundles)
    assert [layer.op for layer in coral.layers] == ["RELU"]
    assert coral.model.inputs[0].type == "int8"
    assert [layer.op for layer in host.layers] == ["QUANTIZE", "RELU", "DEQUANTIZE"]
    assert host.model.inputs[0].type == "float32"


def test_both_are_scored_alike(built: BuildResult) -> None:
    coral, host = (bundle.report.named("accuracy.quantized")[0].value for bundle in built.bundles)
    assert coral == host
