"""A design passes; what no HLS compiler takes is found, planted one at a time in the top function."""

import json
from pathlib import Path

import pytest
from emit.hls.making import Net, frames, q, reference_outputs, write_bundle

from packager.errors import IntegrityError, ToolError
from packager.ir import Activation, Padding
from packager.measure.hls_check import check_subset, missing_tools

needs_clang = pytest.mark.skipif(bool(missing_tools()), reason="clang++ or LLVM's opt is not installed")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A skip connection, both kinds of convolution and of pooling, a table, a dense layer and a softmax."""
    net = Net(seed=2)
    x = net.conv(net.input((6, 6, 2), q(0.05, -9)), 4, (3, 3), activation=Activation.RELU, out=q(0.2, -128))
    y = net.conv(x, 4, (3, 3), depthwise=True)
    y = net.pool("MAX_POOL_2D", net.add(x, y, q(0.3, 5)), (2, 2), (2, 2), Padding.VALID)
    y = net.pool("AVERAGE_POOL_2D", y, (3, 3), (3, 3), Padding.VALID)
    model = net.model(net.softmax(net.dense(net.reshape(y, (1, 4)), 3)))
    inputs = frames(model, 2)
    folder = tmp_path_factory.mktemp("subset")
    return write_bundle(model, inputs, reference_outputs(model, inputs), folder) / "runtime/hls"


@needs_clang
def test_a_design_is_in_the_subset(project: Path) -> None:
    checked = check_subset(project)
    assert checked.loops >= 8
    estimated = json.loads((project / "estimate.json").read_text("utf-8"))["processes"]
    assert checked.cycles == {row["process"]: row["cycles"] - row["straight"] for row in estimated}
    assert checked.cycles["run_softmax_7_softmax"] == 6 * 3 + 31, "three classes: most, sum, write at four; 31 bits"


@needs_clang
def test_a_wrong_estimate_is_found(project: Path) -> None:
    path = project / "estimate.json"
    good = path.read_text("utf-8")
    estimate = json.loads(good)
    row = next(r for r in estimate["processes"] if r["kind"] == "depthwise")
    row["cycles"] += 1
    path.write_text(json.dumps(estimate), encoding="utf-8")
    try:
        with pytest.raises(IntegrityError, match=rf"{row['process']} takes \d+ cycles, estimated at {row['cycles']}"):
            check_subset(project)
    finally:
        path.write_text(good, encoding="utf-8")


@needs_clang
@pytest.mark.parametrize(
    ("planted", "match"),
    [
        (
            "for (int i = 0; i < ep::get<1>(input_0.read().data, 0); ++i) { output_0.read(); }",
            "constant trip count",
        ),
        ("while (true) { if (ep::get<1>(input_0.read().data, 0) == 3) { break; } }", "constant trip count"),
        ("output_0.write(*new ep::beat<1>(input_0.read()));", "undefined symbol _Znwm"),
        (
            "extern int other(); if (other()) { output_0.write(ep::beat<1>()); }",
            "undefined symbol _Z5otherv",
        ),
        (
            "ep::beat<1> b = input_0.read(); ep::put<1>(b.data, 0, ep::get<1>(b.data, 0) * 0.7f); output_0.write(b);",
            "in float",
        ),
    ],
)
def test_what_is_outside_is_found(project: Path, planted: str, match: str) -> None:
    top = project / "src/top.cpp"
    good = top.read_text("utf-8")
    body = good.index("    EP_RUN();")
    top.write_text(f"{good[:body]}    {planted}\n{good[body:]}", encoding="utf-8")
    try:
        with pytest.raises(IntegrityError, match=match):
            check_subset(project)
    finally:
        top.write_text(good, encoding="utf-8")


@needs_clang
def test_code_that_does_not_compile_is_shown(tmp_path: Path) -> None:
    for name in ("include", "src"):
        (tmp_path / name).mkdir()
    header = tmp_path / "include/edgepack_word.h"
    header.write_text("namespace ep { template <int, int> struct word; }", encoding="utf-8")
    (tmp_path / "src/top.cpp").write_text("nonsense", encoding="utf-8")
    with pytest.raises(ToolError) as caught:
        check_subset(tmp_path)
    assert "error" in caught.value.details


def test_without_clang_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)  # noqa: ARG005 - a stand-in
    with pytest.raises(ToolError, match=r"clang\+\+ and opt: not found"):
        check_subset(tmp_path)
