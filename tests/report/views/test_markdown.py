import dataclasses
import re

from report.sample import SAMPLE, changed

from packager.report.text import show_figure
from packager.report.views import render_view


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def tables(text: str) -> list[list[list[str]]]:
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [[cells(line) for line in block] for block in blocks if block[0].startswith("|")]


def test_every_figure_is_there_with_its_basis_and_source() -> None:
    rows = [row for table in tables(render_view("markdown", SAMPLE)) for row in table]
    for f in SAMPLE.figures:
        (row,) = [r for r in rows if f"`{f.name}`" in r and show_figure(f) in r]
        assert row[5] == (f"{f.basis} on {f.on}" if f.on else f.basis)
        assert row[6].replace("\\", "") == f.source


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    hostile = "a|b`c<script>*[x](y)\n_z_"
    layers = tuple(dataclasses.replace(x, name=hostile, reason=hostile) for x in SAMPLE.layers)
    text = render_view("markdown", changed(SAMPLE, layers=layers, recipe=hostile))
    for table in tables(text):
        assert len({len(row) for row in table}) == 1
    plain = re.sub(r"`[^`]*`", "", re.sub(r"\\.", "", text))
    assert "<script>" not in plain
    assert "](" not in plain
    assert "*" not in plain.replace("**", "")


def test_untrusted_reports_say_so_before_any_number() -> None:
    text = render_view("markdown", changed(SAMPLE, trusted=False))
    assert text.index("NOT TO BE TRUSTED") < text.index("## Figures")
    assert "TRUSTED" not in render_view("markdown", SAMPLE)
