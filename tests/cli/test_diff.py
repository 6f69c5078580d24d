import dataclasses
from pathlib import Path

import pytest
from cli.edgepack import Outcome
from report.sample import SAMPLE, changed, with_figure

from packager.cli.diff import command


@pytest.fixture
def reports(tmp_path: Path) -> tuple[Path, Path]:
    layers = (dataclasses.replace(SAMPLE.layers[0], bytes=5_376), *SAMPLE.layers[1:])
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_bytes(SAMPLE.to_json())
    new.write_bytes(with_figure(changed(SAMPLE, layers=layers), "weights.bytes", value=26_424).to_json())
    return old, new


def test_what_moved_is_shown_with_the_layer(reports: tuple[Path, Path]) -> None:
    lines = Outcome(command, *reports).out.splitlines()
    assert lines[0] == "kws for raspberrypi-4 -> kws for raspberrypi-4"
    assert lines[2].split(maxsplit=7) == [
        "weights.bytes", "~23.8", "KiB", "~25.8", "KiB", "+2.0", "KiB",
        "(+8.4%)  CONV_2D 'm/conv_0/Relu;m/conv_0' +2.0 KiB",
    ]  # fmt: skip
    assert lines[3] == "13 figures did not move"


def test_all_figures_on_request(reports: tuple[Path, Path]) -> None:
    assert len(Outcome(command, *reports, "--all").out.splitlines()) == 2 + len(SAMPLE.figures)


def test_json_has_every_figure_and_the_mover(reports: tuple[Path, Path]) -> None:
    document = Outcome(command, *reports, "--json").json
    assert document["old"] == {"model": "kws", "sha256": "ab" * 32, "target": "raspberrypi-4"}
    (moved,) = [f for f in document["figures"] if f["change"]]
    assert (moved["name"], moved["change"], moved["comparable"]) == ("weights.bytes", 2048, True)
    assert moved["mover"] == {"name": "CONV_2D 'm/conv_0/Relu;m/conv_0'", "change": 2048.0, "unit": "B"}


def test_figures_come_by_differently_are_noted(reports: tuple[Path, Path]) -> None:
    old, new = reports
    new.write_bytes(with_figure(SAMPLE, "weights.bytes", value=1, source="elsewhere").to_json())
    done = Outcome(command, old, new)
    assert "note: weights.bytes was estimated (constants of the graph, shared ones once)" in done.err
    assert "now estimated (elsewhere)" in done.err


def test_nothing_moved(reports: tuple[Path, Path]) -> None:
    done = Outcome(command, reports[0], reports[0])
    assert (done.code, done.out.splitlines()[1]) == (0, "none of 14 figures moved")


def test_a_missing_bundle(reports: tuple[Path, Path]) -> None:
    assert Outcome(command, reports[0], "none").code == 2
