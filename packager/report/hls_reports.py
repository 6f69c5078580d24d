"""What AMD's tools say of a design: Vitis HLS's `csynth.xml`, and Vivado's utilization and timing summaries.

Formats as Vitis HLS 2020.1 and Vivado 2017.4 and their successors write them. Parsing only: no tool is run.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from packager.errors import ConfigError
from packager.figure import Figure
from packager.report._amd import AGAIN, HlsReport, files_below
from packager.report._csynth import area_of, csynths, xml_of
from packager.report._vivado import vivado_reports
from packager.report.text import visible


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
        raise ConfigError(f"{folder}: no folder", hint=AGAIN)
    found = [*csynths(folder, top), *vivado_reports(folder)]
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
    for path in files_below(folder, "*_csynth.xml"):
        root = xml_of(path) if path.name.removesuffix("_csynth.xml") in wanted else None
        if root is None:
            continue
        name = path.name.removesuffix("_csynth.xml")
        if name in found:
            raise ConfigError(f"{folder}: two reports of {name}", hint=AGAIN)
        figures = {figure.name: figure.value for figure in area_of(root, path, "")}
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
        raise ConfigError(f"{folder}: several {best[0].kind} reports that differ: {names}", hint=AGAIN)
    return best[0]


def _same_part(found: str, wanted: str) -> bool:
    """Vivado writes `7z020-clg400` where Vitis writes `xc7z020clg400-1`; without any name there is no saying."""
    plain = [re.sub(r"^xc|[^a-z0-9]", "", name.lower()) for name in (found, wanted)]
    return bool(plain[0]) and plain[1].startswith(plain[0])
