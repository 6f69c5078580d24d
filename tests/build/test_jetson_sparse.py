"""2:4 sparse on a Jetson, from the pruning step to what trtexec is asked on the device."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from compress.building import request
from families.jetson_device import Device
from onnx import numpy_helper
from ops.judging import litert
from prune.networks import Network

from packager.build import build
from packager.ir import Model, write_tflite
from packager.plan.onnx_sparsity import sparse_nodes
from packager.report.model import Report

PATTERN = '[[steps]]\nstep = "pattern"\n'


def network() -> Model:
    """Two convolutions, a flatten of 3x3x16 that ONNX's layout would reorder, a hidden and a last dense layer."""
    n = Network(3, integer=False)
    y = n.conv(n.conv(n.input(1, 6, 6, 4), 24, 3), 16, 3)
    return n.model(n.dense(n.dense(n.flatten(n.pool(y)), 8, relu=True), 4))


def built(tmp_path: Path, target: str, recipe: str | None = None, prune: str | None = PATTERN) -> Path:
    x = np.random.default_rng(0).normal(0, 1, (60, 6, 6, 4)).astype(np.float32)
    model, steps = tmp_path / "flat.tflite", tmp_path / "steps.toml"
    model.write_bytes(write_tflite(network()))
    np.savez(tmp_path / "x.npz", x=x)
    np.savez(tmp_path / "xy.npz", x=x, y=litert(network(), [x], "BUILTIN")[0].argmax(axis=1))
    if prune:
        steps.write_text(prune, "utf-8")
    asked = request(
        tmp_path,
        model=model,
        targets=(target,),
        recipe=recipe,
        calibration=str(tmp_path / "x.npz"),
        eval=tmp_path / "xy.npz",
        prune=str(steps) if prune else None,
    )
    return build(asked).bundles[0].path


def integers(bundle: Path) -> dict[str, "np.ndarray[Any, Any]"]:
    """Int8 weights of the file, of more than one dimension."""
    graph = onnx.load(bundle / "model" / "model.onnx").graph
    found = {c.name: numpy_helper.to_array(c) for c in graph.initializer}
    return {name: array for name, array in found.items() if array.dtype == np.int8 and array.ndim > 1}


def asked(bundle: Path, root: Path) -> list[str]:
    """What the bundle's engine script asks of trtexec."""
    root.mkdir()
    device = Device(root, bundle=bundle)
    done = device.build()
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_text("utf-8") == "an engine"
    (options,) = device.asked()
    return list(options)


@pytest.mark.slow
def test_zeros_reach_the_engine_through_pruning_and_quantization(tmp_path: Path) -> None:
    bundle = built(tmp_path, "jetson-orin-nano")
    layers = integers(bundle)
    assert len(layers) == 4
    for array in layers.values():
        channels = np.moveaxis(array, 1, -1).reshape(-1, 4)
        assert ((channels == 0).sum(axis=1) >= 2).all()
        assert (channels != 0).any()
    content = (bundle / "model" / "model.onnx").read_bytes()
    assert len(sparse_nodes(content)) == 4
    assert {"--int8", "--fp16", "--sparsity=enable"} < set(asked(bundle, tmp_path / "device"))
    assert "* 4 layers with 2:4 sparse weights" in (bundle / "runtime" / "README.md").read_text("utf-8")
    report = Report.from_json((bundle / "report.json").read_bytes())
    assert not [d for d in report.diagnostics if "sparse" in d.message]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "recipe", "prune"),
    [("jetson-agx-xavier", None, PATTERN), ("jetson-orin-nano", None, None)],
    ids=["no sparse tensor cores", "dense weights"],
)
def test_the_option_is_left_out_where_it_can_not_help(
    tmp_path: Path, target: str, recipe: str | None, prune: str | None
) -> None:
    assert "--sparsity=enable" not in asked(built(tmp_path, target, recipe, prune), tmp_path / "device")


@pytest.mark.slow
def test_float16_is_sparse_too(tmp_path: Path) -> None:
    words = asked(built(tmp_path, "jetson-agx-orin", "float16"), tmp_path / "device")
    assert "--sparsity=enable" in words
    assert "--int8" not in words
