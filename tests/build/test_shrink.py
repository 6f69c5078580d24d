"""Dead channels leave on the way into a build, and the report says so."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from prune.networks import Network
from reference import reference

from packager.build import build
from packager.build.shrink import shrink
from packager.config.request import BuildRequest
from packager.errors import UnsupportedError
from packager.frontends import ReadOptions, read_model
from packager.ir import DType, GraphBuilder, Model, Padding, QuantParams, read_tflite, write_tflite
from packager.passes import normalise


def network(*, integer: bool) -> Model:
    n = Network(3, integer=integer)
    y = n.conv(n.input(1, 6, 6, 2), 8, 3, dead=np.array([1, 5]), drop=9.0)
    return n.model(n.dense(n.mean(y), 4))


def request(tmp_path: Path, model: Model, **changes: object) -> BuildRequest:
    path = tmp_path / "network.tflite"
    path.write_bytes(write_tflite(model))
    asked = BuildRequest(model=path, targets=("host",), out=tmp_path / "dist", calibration="random", measure=False)
    return dataclasses.replace(asked, **changes)  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.parametrize("integer", [False, True], ids=["float", "int8"])
def test_a_build_leaves_dead_channels_out_and_says_so(tmp_path: Path, *, integer: bool) -> None:
    result = build(request(tmp_path, network(integer=integer)))
    (bundle,) = result.bundles
    made = read_tflite(bundle.path / "model" / "model.tflite")
    conv = next(node for node in made.main.nodes if node.op == "CONV_2D")
    assert made.main.type_of(conv.inputs[1]).dims[0] == 6
    (note,) = [n for n in result.notes if "were removed" in n.message]
    assert "2 of 12 channels" in note.message
    told = [str(d) for d in bundle.report.diagnostics]
    assert any("CONV_2D #0" in line and "2 of 8 channels: 2 constant" in line for line in told)


@pytest.mark.parametrize("keep_dead", [False, True])
def test_what_was_fused_is_told_in_the_report(tmp_path: Path, *, keep_dead: bool) -> None:
    n = Network(5, integer=False)
    y = n.conv(n.pad(n.input(1, 6, 6, 2)), 8, 3, padding=Padding.VALID, relu=False)
    y = n.layer("RELU", [n.scaled(y)], n.dims(y))
    asked = request(tmp_path, n.model(n.dense(n.mean(y), 4)))
    told = [d.message for d in shrink(read_model(asked.model, ReadOptions()), keep_dead=keep_dead).detailed.notes]
    assert told == [
        "2 scalings and offsets folded into their layers",
        "1 activations fused into their layers",
        "1 paddings drawn into their convolutions",
    ]


def test_keep_dead_leaves_them_in(tmp_path: Path) -> None:
    result = build(request(tmp_path, network(integer=True), keep_dead=True))
    made = read_tflite(result.bundles[0].path / "model" / "model.tflite")
    assert made.main.type_of(made.main.nodes[0].inputs[1]).dims[0] == 8
    assert not [n for n in result.notes if "were removed" in n.message]


def test_a_model_without_any_is_only_normalised(tmp_path: Path) -> None:
    n = Network(4, integer=False)
    asked = request(tmp_path, n.model(n.dense(n.mean(n.conv(n.input(1, 6, 6, 2), 8, 3)), 4)))
    source = read_model(asked.model, ReadOptions())
    shrunk = shrink(source)
    assert shrunk.cuts == ()
    assert shrunk.detailed == shrunk.source
    assert write_tflite(shrunk.source.model) == write_tflite(normalise(source.model))


@pytest.mark.parametrize(("keep", "onnx"), [(False, None), (True, b"graph")])
def test_an_onnx_graph_that_holds_the_channels_is_let_go(tmp_path: Path, *, keep: bool, onnx: bytes | None) -> None:
    source = read_model(request(tmp_path, network(integer=False)).model, ReadOptions())
    assert shrink(dataclasses.replace(source, onnx=b"graph"), keep_dead=keep).source.onnx == onnx


def test_a_half_quantized_model_is_refused_before_it_is_cut(tmp_path: Path) -> None:
    b = GraphBuilder()
    weights = b.const(np.ones((2, 3), np.int8), quant=QuantParams.per_tensor(0.1))
    y = b.op("FULLY_CONNECTED", [b.input("x", (1, 3)), weights], (1, 2), options="FullyConnectedOptions")
    assert b.tensors[y].type.dtype is DType.FLOAT32
    with pytest.raises(UnsupportedError, match="neither a float nor an integer model"):
        build(request(tmp_path, b.model([y])))


@pytest.mark.slow
def test_the_int8_visual_wake_words_bundle_is_a_third(tmp_path: Path) -> None:
    path = reference("mlperf-tiny/vww_96_int8.tflite")
    asked = BuildRequest(model=path, targets=("host",), out=tmp_path, calibration="random", measure=False)
    (bundle,) = build(asked).bundles
    sizes = {f.name: f.value for f in bundle.report.figures}
    assert sizes["artifact.bytes"] <= 0.4 * sizes["source.bytes"]
