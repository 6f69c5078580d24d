"""Compression in the report: every step with its cost, its rows, and its curves drawn."""

import dataclasses
import xml.etree.ElementTree as ET

import pytest
from report.sample import SAMPLE, changed

from packager.errors import IntegrityError
from packager.figure import Curve
from packager.report.model import Compression, CompressionStep, Report
from packager.report.pictures import pictures
from packager.report.views import render_view

HOSTILE = "a|b<script>*_"
CURVES = (
    Curve(layer="m/conv_1", what="channels", at=(0.25, 0.5), losses=(0.01, 0.2), values=(99.0, 80.0)),
    Curve(layer=HOSTILE, what="channels", at=(0.25, 0.5), losses=(0.0, 0.1), values=(99.5, 90.0)),
    Curve(layer="m/conv_1", what="int8", at=(1.0,), losses=(0.002,), values=(99.9,)),
)
STEP = CompressionStep(
    step="sensitivity", title="sensitivity analysis", summary="3 curves", metric="accuracy", unit="%", before=91.2,
    after=90.8, loss=0.0125, columns=("layer", ">loss"), rows=(("m/conv_1", "0.2"), (HOSTILE, "0.1")), curves=CURVES,
)  # fmt: skip
REPORT = changed(SAMPLE, compression=Compression(scored="250 inputs of a test", steps=(STEP,)))


def test_it_survives_the_file() -> None:
    assert Report.from_json(REPORT.to_json()).compression == REPORT.compression
    assert Report.from_json(SAMPLE.to_json()).compression is None


@pytest.mark.parametrize("view", ["html", "markdown"])
def test_every_step_is_told_with_its_cost_and_rows(view: str) -> None:
    text = render_view(view, REPORT)
    for told in ("sensitivity analysis", "91.20 %", "90.80 %", "0.0125", "250 inputs of a test", "m/conv_1"):
        assert told in text
    assert "<script>" not in text.replace("&lt;script&gt;", "")
    assert "## Compression" not in render_view("markdown", SAMPLE)
    assert "<h2>Compression" not in render_view("html", SAMPLE)


def test_curves_are_drawn_by_kind() -> None:
    drawn = {p.ident: p.svg for p in pictures(REPORT) if p.ident.startswith("sensitivity")}
    assert set(drawn) == {"sensitivity-channels", "sensitivity-int8"}
    tree = ET.fromstring(drawn["sensitivity-channels"])
    lines = [e for e in tree.iter() if e.tag.endswith("polyline")]
    dots = [e for e in tree.iter() if e.tag.endswith("circle")]
    assert (len(lines), len(dots)) == (2, 4)
    first, second = ([float(p.split(",")[1]) for p in e.attrib["points"].split()] for e in lines)
    assert first[0] > first[1] > first[2], "a greater loss stands higher"
    assert second[0] == second[1] > second[2]


@pytest.mark.parametrize(
    "wrong", [{"columns": ("layer",)}, {"curves": (dataclasses.replace(CURVES[0], losses=(0.1,)),)}]
)
def test_what_does_not_fit_together_is_refused(wrong: dict[str, object]) -> None:
    step = dataclasses.replace(STEP, **wrong)  # type: ignore[arg-type]  # as the cases say
    with pytest.raises(IntegrityError, match=r"compression.steps\[0\]"):
        changed(SAMPLE, compression=Compression(scored="", steps=(step,))).to_json()
