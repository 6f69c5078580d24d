"""`csynth.xml` of Vitis HLS: of a whole design, and of its functions."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from packager.errors import ConfigError
from packager.figure import Basis, Figure
from packager.report._amd import AGAIN, COUNT, HlsReport, figure, files_below, number, read_bytes
from packager.report.text import visible

_MAX_XML = 16 << 20


def csynths(folder: Path, top: str) -> Iterator[HlsReport]:
    """Of a solution, `csynth.xml` is the top function's; the other files are of the functions below it."""
    paths = list(files_below(folder, "csynth.xml")) or list(files_below(folder, f"{top}_csynth.xml"))
    for path in paths:
        root = xml_of(path)
        name = root.findtext("UserAssignments/TopModelName", "").strip()
        if name != top:
            raise ConfigError(f"{path}: of top function {visible(name)!r}, not {top!r}", hint=AGAIN)
        at = path.relative_to(folder).as_posix()
        version = root.findtext("ReportVersion/Version", "").strip() or "of unknown version"
        source = f"csynth's estimate, Vitis HLS {visible(version)}, {visible(at)}"
        figures = tuple(_design(root, path, source))
        part = root.findtext("UserAssignments/Part", "").strip()
        yield HlsReport(path=at, kind="csynth", part=part, state=0, figures=figures)


def xml_of(path: Path) -> ET.Element:
    content = read_bytes(path, _MAX_XML + 1)
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


def area_of(root: ET.Element, path: Path, source: str) -> Iterator[Figure]:
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
        value = number(texts[0], path, tags[0]) / per
        yield figure(name, value, source, basis=Basis.ESTIMATED)


def _design(root: ET.Element, path: Path, source: str) -> Iterator[Figure]:
    """The tool's own estimates, of which it says so itself."""
    yield from area_of(root, path, source)
    whole = "PerformanceEstimates/SummaryOfOverallLatency"
    for name, low, high in (
        ("fpga.cycles", "Best-caseLatency", "Worst-caseLatency"),
        ("fpga.ii", "Interval-min", "Interval-max"),
    ):
        ends = [root.findtext(f"{whole}/{tag}", "").strip() for tag in (low, high)]
        if all(map(COUNT.fullmatch, ends)):  # `undef` or `?` where a loop's bound is not known to the tool
            best, worst = sorted(float(end) for end in ends)
            band = (best, worst) if best < worst else None
            yield figure(name, worst, source, unit="cycles", band=band, basis=Basis.ESTIMATED)
    period = root.findtext("UserAssignments/TargetClockPeriod", "")
    reached = root.findtext("PerformanceEstimates/SummaryOfTimingAnalysis/EstimatedClockPeriod", "")
    if period and reached:
        slack = number(period, path, "TargetClockPeriod") - number(reached, path, "EstimatedClockPeriod")
        yield figure("fpga.slack.ns", round(slack, 3), source, unit="ns", basis=Basis.ESTIMATED)
