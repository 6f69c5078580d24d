"""Jetson bundles: the ONNX file of each board, and what comes with it."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from families.jetson_device import Device
from families.making import dense_model, float_source, integer_source, job

from packager.config.profile import TensorRt, load_profile
from packager.config.recipe import Sensitivity
from packager.config.samples import Samples
from packager.errors import Severity
from packager.families import family_of
from packager.families.jetson import FAMILY
from packager.figure import Place
from packager.ir import GraphBuilder, Model
from packager.quantize import PlannedOp, Quantized, QuantPlan


def constants(content: bytes) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]:
    return {c.name: onnx.numpy_helper.to_array(c) for c in onnx.load_from_string(content).graph.initializer}


def nodes(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def errors(target: str, quantized: Quantized, scheme: str = "int8") -> list[str]:
    return [str(d) for d in FAMILY.check(job(target, quantized, scheme=scheme)) if d.severity is Severity.ERROR]


def test_the_family_is_found_by_the_name_of_a_profile() -> None:
    assert family_of(load_profile("jetson")) is FAMILY


@pytest.mark.parametrize(
    ("target", "weights"), [("jetson-orin-nano", np.int8), ("jetson-agx-xavier", np.float32)], ids=["10.3", "8.5"]
)
def test_weights_are_integers_only_for_a_tensorrt_that_takes_them(target: str, weights: type[np.generic]) -> None:
    product = FAMILY.emit(job(target, float_source(dense_model())))
    model = product.files[0]
    assert (model.path, product.artifact, product.engine) == ("model/model.onnx", "model/model.onnx", "onnxruntime")
    assert product.default is Place.GPU
    assert [a.dtype for a in constants(model.content).values() if a.size == 6] == [weights]
    assert onnx.load_from_string(model.content).opset_import[0].version == 13


def test_a_board_without_int8_gets_a_float_model_and_a_note() -> None:
    product = FAMILY.emit(job("jetson-nano", float_source(dense_model())))
    assert nodes(product.files[0].content) == ["Gemm"]
    (note,) = product.diagnostics
    assert note.severity is Severity.NOTE
    assert "compute capability 5.3" in note.message
    script = next(e for e in product.files if e.path == "runtime/build_engine.sh")
    assert b'precision="--fp16"' in script.content
    assert script.executable


@pytest.mark.parametrize(("scheme", "flags"), [("float16", "--fp16"), ("float32", "")])
def test_float_recipes_are_obeyed(scheme: str, flags: str) -> None:
    product = FAMILY.emit(job("jetson", float_source(dense_model()), scheme=scheme))
    assert nodes(product.files[0].content) == ["Gemm"]
    script = next(e for e in product.files if e.path == "runtime/build_engine.sh")
    assert f'precision="{flags}"' in script.content.decode()


def test_a_source_that_is_integer_already_keeps_its_weights() -> None:
    made = job("jetson", integer_source())
    assert not list(FAMILY.check(made))
    content = FAMILY.emit(made).files[0].content
    found = constants(content)
    original = made.quantized.model.main.tensors[1].data
    assert original is not None
    assert any(a.dtype == np.int8 and np.array_equal(a, original) for a in found.values() if a.size == 6)
    assert np.float32(64 / 127) in [a[()] for a in found.values() if a.shape == ()]


def test_operators_that_the_recipe_keeps_in_float_are_kept() -> None:
    source = float_source(dense_model())
    ops = (PlannedOp(index=0, where="", scheme="float32", reason="rule"),)
    plan = QuantPlan(recipe="test", engine="litert", ranges=source.ranges, ops=ops)
    product = FAMILY.emit(job("jetson", dataclasses.replace(source, plan=plan)))
    assert nodes(product.files[0].content) == ["Gemm"]


def test_everything_that_is_missing_is_named_at_once() -> None:
    b = GraphBuilder()
    hashed = b.op("LSH_PROJECTION", [b.input("x", (1, 3))], (1, 3), name="hashed")
    weights = b.const(np.ones((2, 3), np.float32))
    out = b.op("FULLY_CONNECTED", [hashed, weights], (1, 2), options="FullyConnectedOptions")
    source = dataclasses.replace(float_source(b.model([out])), ranges={})
    found = errors("jetson", source)
    assert len(found) == 2
    assert "LSH_PROJECTION #0 'hashed'" in found[0]
    assert "no calibrated range" in found[1]
    assert len(errors("jetson-nano", source)) == 1  # a float model needs no range


def test_a_scheme_or_a_tensorrt_that_can_not_do_it_is_refused() -> None:
    source = float_source(dense_model())
    (found,) = errors("jetson", source, scheme="int16x8")
    assert "no 'int16x8' arithmetic" in found
    old = TensorRt(version="7.1.3", max_opset=11, compute_capability="7.2", int8=True)
    profile = dataclasses.replace(load_profile("jetson"), tensorrt=old)
    (diagnostic,) = FAMILY.check(job(profile, source))
    assert "opset 11" in diagnostic.message
    (diagnostic,) = FAMILY.check(job(dataclasses.replace(profile, tensorrt=None), source))
    assert "[tensorrt]" in diagnostic.message


def test_the_files_are_the_same_each_time() -> None:
    one, two = (FAMILY.emit(job("jetson", float_source(dense_model()))).files for _ in range(2))
    assert [(e.path, e.content) for e in one] == [(e.path, e.content) for e in two]


def script(target: str, model: Model, scheme: str = "int8") -> str:
    files = FAMILY.emit(job(target, float_source(model), scheme=scheme)).files
    return next(e.content.decode() for e in files if e.path == "runtime/build_engine.sh")


def sparse_model() -> Model:
    """Eight numbers in, two out, of every four weights two zero."""
    b = GraphBuilder()
    weights = b.const(np.array([[1, 0, 0, 2, 0, 3, 4, 0], [0, 0, 5, 6, 0, 0, 0, 7]], np.float32))
    x = b.input("x", (1, 8))
    return b.model([b.op("FULLY_CONNECTED", [x, weights], (1, 2), options="FullyConnectedOptions", name="y")])


def test_sparse_kernels_are_allowed_where_board_and_weights_have_them() -> None:
    assert "--int8 --fp16 --sparsity=enable" in script("jetson-orin-nano", sparse_model())
    assert '--fp16 --sparsity=enable"' in script("jetson-agx-orin", sparse_model(), "float16")
    assert "--sparsity" not in script("jetson-agx-xavier", sparse_model())
    assert "--sparsity" not in script("jetson-orin-nano", dense_model())


def two_layers() -> Model:
    """The dense model with a second layer of as many MACs behind it; its weights span six decades."""
    b = GraphBuilder()
    x = b.input("x", (1, 3))
    first = b.const(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    h = b.op("FULLY_CONNECTED", [x, first], (1, 2), options="FullyConnectedOptions", name="h")
    second = b.const(np.array([[1000, 0.001], [0.001, 1], [1, 1]], np.float32))
    return b.model([b.op("FULLY_CONNECTED", [h, second], (1, 3), options="FullyConnectedOptions", name="y")])


@pytest.mark.parametrize(("target_db", "kept"), [(0.0, 0), (200.0, 1)])
def test_sensitive_layers_stay_in_float16(target_db: float, kept: int) -> None:
    mixed = job("jetson-orin-nano", float_source(two_layers()))
    how = dataclasses.replace(mixed.recipe, sensitivity=Sensitivity(target_db=target_db, most=0.6))
    drawn = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    product = FAMILY.emit(dataclasses.replace(mixed, recipe=how, calibration=Samples(arrays={"x": drawn})))
    precisions = [layer.reason for layer in product.layers if layer.macs]
    assert precisions.count("float") == kept
    assert precisions.count("int8") == 2 - kept
    assert sum("stays in float16" in d.message and d.severity == "note" for d in product.diagnostics) == 1
    without = FAMILY.emit(dataclasses.replace(mixed, recipe=how))
    assert any("nothing to measure them on" in d.message for d in without.diagnostics)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_scripts_keep_to_python_3_6(device: Device) -> None:
    """JetPack 4 has nothing newer."""
    import ast

    for path in (device.bundle / "runtime").glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_readme_says_what_was_not_run(device: Device) -> None:
    text = (device.bundle / "runtime" / "README.md").read_text(encoding="utf-8")
    assert "* Not run here: " in text
    assert "| `x` | [1, 3] | float32 |" in text
