import dataclasses
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from report.sample import SAMPLE, changed, figure, layer

from packager.errors import Diagnostic, Severity
from packager.figure import Figure
from packager.report.model import GoldenEngine, Port, Report, Tool
from packager.report.text import show_figure
from packager.report.views import render_view

VOID = {"meta", "br", "link", "img"}
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\u202egnp.\x00" + "x" * 300 + "\u0434\u05d0\ud800"


class Page(HTMLParser):
    """The page as tags with text; complains of what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def page_of(report: Report) -> Page:
    return Page(render_view("html", report))


def test_every_figure_is_there_with_its_basis_and_source() -> None:
    rows = [" ".join(cell.split()) for row in page_of(SAMPLE).rows for cell in ["|".join(row)]]
    for f in SAMPLE.figures:
        place = f" on {f.on}" if f.on else ""
        found = [r for r in rows if f" {f.name}|{show_figure(f)}|" in r and f"|{f.basis}{place}|{f.source}" in r]
        assert len(found) == 1, f.name


def test_estimates_look_different_from_measurements() -> None:
    classes = {
        a["class"] for t, a in page_of(SAMPLE).tags if t == "span" and (a.get("class") or "").startswith("basis")
    }
    assert classes == {"basis measured", "basis estimated", "basis simulated"}
    style = render_view("html", SAMPLE)
    assert len({re.search(rf"\.basis\.{b} {{(.*?)}}", style)[1] for b in ("measured", "simulated", "estimated")}) == 3  # type: ignore[index]  # a miss is a failure


def test_the_file_stands_alone() -> None:
    text = render_view("html", SAMPLE)
    page = Page(text)
    assert not {t for t, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for tag, attrs in page.tags:
        assert not {a for a in attrs if a in ("src", "href", "srcset", "xlink:href") or a.startswith("on")}, tag
    assert "url(" not in text
    assert "@import" not in text
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"] * 4
    assert ("default-src 'none'; style-src 'unsafe-inline'") in [a.get("content") for t, a in page.tags if t == "meta"]


def test_pictures_are_well_formed_and_named() -> None:
    pictures = re.findall(r"<svg.*?</svg>", render_view("html", SAMPLE), re.DOTALL)
    assert len(pictures) == 4
    ids = [e.attrib["id"] for p in pictures for e in ET.fromstring(p).iter() if "id" in e.attrib]
    assert len(ids) == len(set(ids)) == 8


def test_tables_are_accessible() -> None:
    tags = page_of(SAMPLE).tags
    assert all(attrs.get("scope") in ("col", "row", "rowgroup") for tag, attrs in tags if tag == "th")
    assert dict(tags)["html"] == {"lang": "en"}
    assert sum(tag == "h1" for tag, _ in tags) == 1


def test_the_layers_table_has_every_layer_and_its_sum() -> None:
    rows = page_of(SAMPLE).rows
    for x in SAMPLE.layers:
        assert [r for r in rows if r[0] == str(x.index) and r[1] == x.op]
    (total,) = [r for r in rows if any("Sum of 5" in cell for cell in r)]
    assert total[2:5] == ["24,376", "904,768", "1,901.0"]


def test_untrusted_reports_say_so_first() -> None:
    words = "".join(page_of(changed(SAMPLE, trusted=False)).words)
    assert words.index("Not to be trusted") < words.index("Figures")
    assert "Not to be trusted" not in "".join(page_of(SAMPLE).words)


def hostile() -> Report:
    """A report with hostile text wherever a text may stand."""
    name = HOSTILE
    layers = tuple(
        dataclasses.replace(x, name=name, op=name, reason=name, latency_ms=1.0, sqnr_db=2.0) for x in SAMPLE.layers
    )
    assert SAMPLE.memory is not None
    assert SAMPLE.quantization is not None
    port = Port(name=name, type=name, shape=(1, -1))
    return changed(
        SAMPLE,
        model=dataclasses.replace(SAMPLE.model, name=name, format=name, sha256=name, inputs=(port,), outputs=(port,)),
        target=dataclasses.replace(SAMPLE.target, name=name, title=name, arithmetic=name),
        recipe=name,
        figures=(*(dataclasses.replace(f, source=name, on=name) for f in SAMPLE.figures), figure(name, 1, name)),
        layers=layers,
        diagnostics=(Diagnostic(severity=Severity.ERROR, message=name, where=name, hint=name),),
        quantization=dataclasses.replace(
            SAMPLE.quantization,
            engine=name,
            ops=tuple(dataclasses.replace(o, where=name, scheme=name, reason=name) for o in SAMPLE.quantization.ops),
            ranges=tuple(dataclasses.replace(r, tensor=name, reason=name) for r in SAMPLE.quantization.ranges),
        ),
        memory=dataclasses.replace(
            SAMPLE.memory, rows=tuple(dataclasses.replace(r, tensor=name) for r in SAMPLE.memory.rows)
        ),
        golden=(GoldenEngine(engine=name, version=name, detail=name),),
        tools=(Tool(name=name, version=name),),
    )


def test_hostile_names_stay_text() -> None:
    text = render_view("html", hostile())
    page = Page(text)
    assert not [t for t, _ in page.tags if t == "script"]
    assert {t for t, _ in page.tags} <= {t for t, _ in page_of(changed(SAMPLE, trusted=False)).tags}
    assert "\u202e" not in text
    assert "\x00" not in text
    assert "{{7*7}}" in text, "a name is no template"
    text.encode("utf-8")
    for picture in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(picture)


def test_every_part_may_be_missing() -> None:
    bare = Report(
        model=dataclasses.replace(SAMPLE.model, inputs=(), outputs=()),
        target=SAMPLE.target,
        recipe="",
        trusted=True,
        figures=(),
    )
    page = page_of(bare)
    assert "h2" not in {t for t, _ in page.tags}
    assert "kws" in "".join(page.words)


def test_columns_without_numbers_are_left_out() -> None:
    words = "".join(page_of(changed(SAMPLE, layers=(layer(0, "ADD", "a"),))).words)
    assert "Time, ms" not in words
    assert "SQNR, dB" not in words


@pytest.mark.parametrize("view", ["html", "markdown", "json"])
def test_the_same_report_gives_the_same_bytes(view: str) -> None:
    turned: tuple[Figure, ...] = SAMPLE.figures[::-1]
    assert render_view(view, SAMPLE) == render_view(view, changed(SAMPLE, figures=turned))
    assert render_view(view, SAMPLE).endswith("\n")
