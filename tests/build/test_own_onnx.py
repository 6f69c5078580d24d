"""An ONNX source for a Jetson, from end to end: the graph in the bundle is the user's."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from emit.onnx.own import residual, weights

from packager.build import build
from packager.bundle import read_manifest
from packager.config.request import BuildRequest
from packager.report.model import Report


def request(
    tmp_path: Path, content: bytes, images: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", *targets: str
) -> BuildRequest:
    (tmp_path / "net.onnx").write_bytes(content)
    np.savez(tmp_path / "x.npz", x=images)
    return BuildRequest(
        model=tmp_path / "net.onnx",
        targets=targets,
        calibration=str(tmp_path / "x.npz"),
        out=tmp_path / "out",
        measure=False,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Report]]:
    images = weights(9, 16, 10, 12, 3) * 3
    # The output's batch is open, as PyTorch's exporter leaves it.
    content = residual(probabilities=("batch", 5))
    made = build(request(tmp_path_factory.mktemp("own"), content, images, "jetson-orin-nano", "jetson-nano"))
    return {b.target: (b.path, b.report) for b in made.bundles}


def test_the_graph_is_the_users_with_pairs_for_int8(built: dict[str, tuple[Path, Report]]) -> None:
    graph = onnx.load(built["jetson-orin-nano"][0] / "model" / "model.onnx").graph
    assert [n.name for n in graph.node if n.op_type == "Conv"] == ["first", "second"]
    assert sum(n.op_type == "QuantizeLinear" for n in graph.node) == 4
    assert [d.dim_value for d in graph.input[0].type.tensor_type.shape.dim] == [1, 3, 10, 12]
    given = onnx.load_from_string(residual()).graph
    assert list(onnx.load(built["jetson-nano"][0] / "model" / "model.onnx").graph.node) == list(given.node)


def test_its_numbers_are_compared_in_its_own_layout(built: dict[str, tuple[Path, Report]]) -> None:
    path, report = built["jetson-orin-nano"]
    figures = {f.name: f.value for f in report.figures}
    assert figures["fidelity.sqnr_db"] > 25
    assert "golden/golden.json" in {f.path for f in read_manifest(path).files}
    (golden,) = sorted((path / "golden").glob("input*.npy"))
    assert np.load(golden).shape == (8, 3, 10, 12)
    assert "| `image` | [1, 3, 10, 12] | float32 |" in (path / "runtime" / "README.md").read_text(encoding="utf-8")


def test_where_the_shape_does_not_tell_the_layout_the_lowered_graph_is_written(tmp_path: Path) -> None:
    ambiguous = residual(image=(1, 3, 3, 3))
    made = build(request(tmp_path, ambiguous, weights(1, 8, 3, 3, 3), "jetson-orin-nano"))
    names = {n.op_type for n in onnx.load(made.bundles[0].path / "model" / "model.onnx").graph.node}
    assert "BatchNormalization" not in names
