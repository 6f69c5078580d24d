"""What AMD's tools say of a design: Vitis HLS's `csynth.xml`, and Vivado's utilization and timing summaries.

Formats as Vitis HLS 2020.1 and Vivado 2017.4 and their successors write them. Parsing only: no tool is run.
"""

import dataclasses
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from packager.errors import ConfigError
from packager.figure import Basis, Figure
from packager.report.text import visible

_MAX_XML = 16 << 20
_HEAD = 4 << 20
"""Bytes of a `.rpt` that are read: a timing report of every path is large, its summary stands at the top."""
_MAX_FILES = 20_000
_COUNT = re.compile(r"\d{1,12}(\.\d{1,6})?")
_AGAIN = "give the folder of one solution's reports, or of one Vivado run"
_TABLE = {
    "fpga.lut": ("Slice LUTs", "CLB LUTs"),
    "fpga.ff": ("Slice Registers", "CLB Registers"),
    "fpga.dsp": ("DSPs",),
    "fpga.bram36": ("Block RAM Tile",),
}
"""Figure to its row in `report_utilization`, series 7 and UltraScale; an asterisk may follow before placement."""
_STATES = ("synthesized", "optimized", "placed", "physopt", "routed")
"""Of a design, from the first guess to the last word."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HlsReport:
    """One file."""

    path: str
    """Relative to the folder that was given."""
    kind: str
    """``csynth``, ``utilization`` or ``timing``."""
    part: str
    """As the file has it; the timing summary leaves the speed grade out."""
    state: int
    """How far the design was: an index into the states; of `csynth`, 0."""
    figures: tuple[Figure, ...]


def read_hls_reports(folder: Path, *, top: str, part: str = "") -> tuple[Figure, ...]:
    """Read every report below `folder`; of each kind the one of the furthest state counts.

    Args:
        folder: of Vitis HLS or Vivado, or one that holds the folders of both.
        top: the design's top function.
        part: that the bundle was made for; empty where it is not known.

    Raises:
        ConfigError: no report, one of another top function or part, several that differ, or a file that is damaged.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no folder", hint=_AGAIN)
    found = [*_csynths(folder, top), *_vivado(folder)]
    if not found:
        hint = "it must hold a csynth.xml, or the .rpt of report_utilization or report_timing_summary"
        raise ConfigError(f"{folder}: no report of Vitis HLS or Vivado", hint=hint)
    for report in found:
        if part and not _same_part(report.part, part):
            message = f"{folder / report.path}: of part {visible(report.part)!r}, the bundle is for {part!r}"
            raise ConfigError(message, hint="give the reports of this bundle's design")
    kinds = sorted({report.kind for report in found})
    return tuple(f for kind in kinds for f in _furthest([r for r in found if r.kind == kind], folder).figures)


def read_processes(folder: Path, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """What Vitis HLS says of single processes: ``lut``, ``ff``, ``dsp`` and ``bram18`` by name, of those it reports.

    Raises:
        ConfigError: a file is damaged, or there are two of one process.
    """
    wanted = set(names)
    found: dict[str, dict[str, float]] = {}
    for path in _files(folder, "*_csynth.xml"):
        root = _xml(path) if path.name.removesuffix("_csynth.xml") in wanted else None
        if root is None:
            continue
        name = path.name.removesuffix("_csynth.xml")
        if name in found:
            raise ConfigError(f"{folder}: two reports of {name}", hint=_AGAIN)
        figures = {figure.name: figure.value for figure in _area(root, path, "")}
        found[name] = {
            "lut": figures["fpga.lut"],
            "ff": figures["fpga.ff"],
            "dsp": figures["fpga.dsp"],
            "bram18": 2 * figures["fpga.bram36"],
        }
    return found


def _furthest(reports: Sequence[HlsReport], folder: Path) -> HlsReport:
    last = max(r.state for r in reports)
    best = [r for r in reports if r.state == last]
    values = {tuple((f.name, f.value) for f in r.figures) for r in best}
    if len(values) > 1:
        names = ", ".join(r.path for r in best)
        raise ConfigError(f"{folder}: several {best[0].kind} reports that differ: {names}", hint=_AGAIN)
    return best[0]


def _same_part(found: str, wanted: str) -> bool:
    """Vivado writes `7z020-clg400` where Vitis writes `xc7z020clg400-1`; without any name there is no saying."""
    plain = [re.sub(r"^xc|[^a-z0-9]", "", name.lower()) for name in (found, wanted)]
    return bool(plain[0]) and plain[1].startswith(plain[0])


def _files(folder: Path, pattern: str) -> Iterator[Path]:
    for count, path in enumerate(sorted(folder.rglob(pattern)), 1):
        if count > _MAX_FILES:
            raise ConfigError(f"{folder}: over {_MAX_FILES} {pattern} files", hint=_AGAIN)
        if path.is_file():
            yield path


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}", hint="check the path") from None


def _csynths(folder: Path, top: str) -> Iterator[HlsReport]:
    """Of a solution, `csynth.xml` is the top function's; the other files are of the functions below it."""
    paths = list(_files(folder, "csynth.xml")) or list(_files(folder, f"{top}_csynth.xml"))
    for path in paths:
        root = _xml(path)
        name = root.findtext("UserAssignments/TopModelName", "").strip()
        if name != top:
            raise ConfigError(f"{path}: of top function {visible(name)!r}, not {top!r}", hint=_AGAIN)
        at = path.relative_to(folder).as_posix()
        version = root.findtext("ReportVersion/Version", "").strip() or "of unknown version"
        source = f"csynth's estimate, Vitis HLS {visible(version)}, {visible(at)}"
        figures = tuple(_csynth(root, path, source))
        part = root.findtext("UserAssignments/Part", "").strip()
        yield HlsReport(path=at, kind="csynth", part=part, state=0, figures=figures)


def _xml(path: Path) -> ET.Element:
    content = _read(path, _MAX_XML + 1)
    if len(content) > _MAX_XML:
        raise ConfigError(f"{path}: over {_MAX_XML >> 20} MiB", hint="no csynth.xml is that large")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8", hint="Vitis HLS writes UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ConfigError(f"{path}: declares a document type", hint="no csynth.xml has one, so it is not read")
    try:
        return ET.fromstring(text)  # noqa: S314 - bounded, and without a DTD there is no entity to expand
    except ET.ParseError as error:
        raise ConfigError(f"{path}: no XML: {error}", hint="synthesize again, or give another folder") from None


def _area(root: ET.Element, path: Path, source: str) -> Iterator[Figure]:
    area = "AreaEstimates/Resources"
    for name, tags, per in (
        ("fpga.lut", ("LUT",), 1),
        ("fpga.ff", ("FF",), 1),
        ("fpga.dsp", ("DSP", "DSP48E"), 1),
        ("fpga.bram36", ("BRAM_18K",), 2),
    ):
        texts = [text for tag in tags if (text := root.findtext(f"{area}/{tag}")) is not None]
        if not texts:
            raise ConfigError(f"{path}: no {area}/{tags[0]}", hint="the synthesis did not finish, or the file is cut")
        value = _number(texts[0], path, tags[0]) / per
        yield _figure(name, value, source, basis=Basis.ESTIMATED)


def _csynth(root: ET.Element, path: Path, source: str) -> Iterator[Figure]:
    """The tool's own estimates, of which it says so itself."""
    yield from _area(root, path, source)
    whole = "PerformanceEstimates/SummaryOfOverallLatency"
    for name, low, high in (
        ("fpga.cycles", "Best-caseLatency", "Worst-caseLatency"),
        ("fpga.ii", "Interval-min", "Interval-max"),
    ):
        ends = [root.findtext(f"{whole}/{tag}", "").strip() for tag in (low, high)]
        if all(map(_COUNT.fullmatch, ends)):  # `undef` or `?` where a loop's bound is not known to the tool
            best, worst = sorted(float(end) for end in ends)
            band = (best, worst) if best < worst else None
            yield _figure(name, worst, source, unit="cycles", band=band, basis=Basis.ESTIMATED)
    period = root.findtext("UserAssignments/TargetClockPeriod", "")
    reached = root.findtext("PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod", "")
    if period and reached:
        slack = _number(period, path, "TargetClockPeriod") - _number(reached, path, "EstimatedClockPeriod")
        yield _figure("fpga.slack.ns", round(slack, 3), source, unit="ns", basis=Basis.ESTIMATED)


def _vivado(folder: Path) -> Iterator[HlsReport]:
    for path in _files(folder, "*.rpt"):
        text = _read(path, _HEAD).decode("utf-8", "replace")
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
            yield _figure(name, _number(values[0], path, titles[0]), source)


def _timing(text: str, path: Path, source: str) -> Iterator[Figure]:
    """The worst setup slack. Unconstrained paths have none, and `NA` stands there."""
    found = re.search(r"^ *WNS\(ns\).*\n[ -]+\n *(\S+)", text, re.MULTILINE)
    if found and found[1] != "NA":
        sign = -1 if found[1].startswith("-") else 1
        yield _figure("fpga.slack.ns", sign * _number(found[1].lstrip("-"), path, "WNS(ns)"), source, unit="ns")


def _number(text: str, path: Path, what: str) -> float:
    if not _COUNT.fullmatch(text.strip()):
        raise ConfigError(f"{path}: {what} is no number: {visible(text.strip(), 40)!r}", hint="the file is damaged")
    return float(text)


def _figure(
    name: str,
    value: float,
    source: str,
    *,
    unit: str = "1",
    band: tuple[float, float] | None = None,
    basis: Basis = Basis.MEASURED,
) -> Figure:
    low, high = band or (None, None)
    return Figure(name=name, value=value, unit=unit, basis=basis, source=source, low=low, high=high)
