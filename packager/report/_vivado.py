"""Vivado's utilization and timing summaries."""

import re
from collections.abc import Iterator
from pathlib import Path

from packager.figure import Figure
from packager.report._amd import HlsReport, figure, files_below, number, read_bytes
from packager.report.text import visible

_HEAD = 4 << 20
"""Bytes of a `.rpt` that are read: a timing report of every path is large, its summary stands at the top."""
_TABLE = {
    "fpga.lut": ("Slice LUTs", "CLB LUTs"),
    "fpga.ff": ("Slice Registers", "CLB Registers"),
    "fpga.dsp": ("DSPs",),
    "fpga.bram36": ("Block RAM Tile",),
}
"""Figure to its row in `report_utilization`, series 7 and UltraScale; an asterisk may follow before placement."""
_STATES = ("synthesized", "optimized", "placed", "physopt", "routed")
"""Of a design, from the first guess to the last word."""


def vivado_reports(folder: Path) -> Iterator[HlsReport]:
    for path in files_below(folder, "*.rpt"):
        text = read_bytes(path, _HEAD).decode("utf-8", "replace")
        header = {
            k: v.strip()
            for k, v in re.findall(r"^\| (Tool Version|Design|Device|Design State) *: (.*)$", text, re.MULTILINE)
        }
        if "Vivado" not in header.get("Tool Version", ""):
            continue
        at = path.relative_to(folder).as_posix()
        state = header.get("Design State", "")
        version = re.search(r"v\.(\S+)", header["Tool Version"])
        tool = f"Vivado {visible(version[1], 20)}" if version else "Vivado"
        source = f"{tool}, {visible(header.get('Design', ''))} {visible(state.lower(), 40)}, {visible(at)}"
        for kind, figures in (
            ("utilization", _utilization(text, path, source)),
            ("timing", _timing(text, path, source)),
        ):
            if read := tuple(figures):
                part = header.get("Device", "")
                yield HlsReport(path=at, kind=kind, part=part, state=_rank(state), figures=read)


def _rank(state: str) -> int:
    return max((i for i, word in enumerate(_STATES) if word in state.lower()), default=-1)


def _utilization(text: str, path: Path, source: str) -> Iterator[Figure]:
    if "Utilization Design Information" not in text:
        return
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    used = {row[0].rstrip("*"): row[1] for row in reversed(cells) if len(row) >= 4}
    for name, titles in _TABLE.items():
        values = [used[title] for title in titles if title in used]
        if values:
            yield figure(name, number(values[0], path, titles[0]), source)


def _timing(text: str, path: Path, source: str) -> Iterator[Figure]:
    """The worst setup slack. Unconstrained paths have none, and `NA` stands there."""
    found = re.search(r"^ *WNS\(ns\).*\n[ -]+\n *(\S+)", text, re.MULTILINE)
    if found and found[1] != "NA":
        sign = -1 if found[1].startswith("-") else 1
        yield figure("fpga.slack.ns", sign * number(found[1].lstrip("-"), path, "WNS(ns)"), source, unit="ns")
