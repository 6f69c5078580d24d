"""Compression steps from the request to the bundle, and what is refused with nothing written."""

from pathlib import Path

import pytest
from compress.building import network, request

from packager.build import build
from packager.errors import ConfigError, UnsupportedError
from packager.ir import read_tflite, write_tflite


def test_a_pruned_build_is_smaller_and_says_what_it_cost(tmp_path: Path) -> None:
    result = build(request(tmp_path))
    (bundle,) = result.bundles
    made = read_tflite(bundle.path / "model" / "model.tflite")
    widths = [made.main.type_of(n.inputs[1]).dims[0] for n in made.main.nodes if n.op == "CONV_2D"]
    assert widths < [24, 16]
    assert all(width % 8 == 0 for width in widths)
    macs = {f.name: f.value for f in bundle.report.figures}["compute.macs"]
    assert macs <= 0.6 * (36 * 9 * (2 * 24 + 24 * 16) + 16 * 4)
    told = "\n".join(str(n) for n in result.notes)
    assert "of the multiply-accumulates were pruned away" in told
    assert "accuracy 100.00 % before" in told
    assert any("of the least importance" in str(d) for d in bundle.report.diagnostics)


def test_without_labels_the_agreement_is_told(tmp_path: Path) -> None:
    result = build(request(tmp_path, eval=None))
    assert any("agreement 100.00 % of the float model before" in n.message for n in result.notes)


def test_too_great_a_drop_stops_the_build_with_the_table(tmp_path: Path) -> None:
    (tmp_path / "prune.toml").write_text('share = 0.9\nmultiple_of = 1\nimportance = "l1"\n', "utf-8")
    asked = request(tmp_path, prune=str(tmp_path / "prune.toml"), max_drop=0.0)
    with pytest.raises(UnsupportedError, match="more than the 0 that --max-drop allows") as caught:
        build(asked)
    assert "CONV_2D #0" in caught.value.details
    assert "accuracy 100.00 % before" in caught.value.details
    assert not asked.out.exists()


def test_a_bearable_drop_does_not(tmp_path: Path) -> None:
    assert build(request(tmp_path, max_drop=100.0)).bundles


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prune": "1.5"}, "a share of 1.5 can't be pruned"),
        ({"prune": "none.toml"}, "none.toml: No such file"),
        ({"max_drop": 1.0, "eval": None}, "--max-drop needs --eval"),
        ({"max_drop": 1.0, "prune": ""}, "--max-drop needs --prune"),
        ({"max_drop": -1.0}, "no number of points"),
        ({"calibration": ""}, "--prune needs calibration data"),
    ],
)
def test_a_wrong_request_is_refused_with_nothing_written(
    tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    asked = request(tmp_path, **changes)
    with pytest.raises(ConfigError, match=message):
        build(asked)
    assert not asked.out.exists()


def test_a_layer_that_is_not_there_is_refused_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "prune.toml").write_text('share = 0.4\nskip = ["conv_2d_9"]\n', "utf-8")
    with pytest.raises(ConfigError, match="no layer 'conv_2d_9'") as caught:
        build(request(tmp_path, prune=str(tmp_path / "prune.toml")))
    assert "conv_2d_" in caught.value.hint


def test_a_quantized_model_is_refused(tmp_path: Path) -> None:
    asked = request(tmp_path, eval=None, calibration="random")
    asked.model.write_bytes(write_tflite(network(integer=True)))
    with pytest.raises(UnsupportedError, match="channels of a quantized model can't be pruned"):
        build(asked)
