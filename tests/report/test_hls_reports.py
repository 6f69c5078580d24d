"""Samples are made here, in the layout of the tools' files; the numbers are of no real design."""

from pathlib import Path

import pytest

from packager.errors import ConfigError
from packager.figure import Basis
from packager.report.hls_reports import read_hls_reports, read_processes

PART = "xc7z020clg400-1"
CSYNTH = """<?xml version="1.0" encoding="UTF-8"?>
<profile>
<ReportVersion><Version>2023.2</Version></ReportVersion>
<UserAssignments>
<Part>xc7z020-clg400-1</Part><TopModelName>edgepack_top</TopModelName>
<TargetClockPeriod>10.00</TargetClockPeriod>
</UserAssignments>
<PerformanceEstimates>
<SummaryOfTimingAnalysis><EstimatedClockPeriod>7.300</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency>
<Best-caseLatency>500</Best-caseLatency><Worst-caseLatency>640</Worst-caseLatency>
<Interval-min>321</Interval-min><Interval-max>321</Interval-max>
</SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates>
<Resources><BRAM_18K>13</BRAM_18K><DSP>29</DSP><FF>4001</FF><LUT>5002</LUT><URAM>0</URAM></Resources>
<AvailableResources><BRAM_18K>280</BRAM_18K><DSP>220</DSP><FF>106400</FF><LUT>53200</LUT></AvailableResources>
</AreaEstimates>
</profile>
"""
HEADER = """----------------------------------------------------------
| Tool Version : Vivado v.2022.1 (lin64) Build 3526262
| Design       : board_wrapper
| Device       : {device}
| Design State : {state}
----------------------------------------------------------

"""
UTILIZATION = """Utilization Design Information

1. Slice Logic
+----------------------------+-------+-------+-----------+-------+
|          Site Type         |  Used | Fixed | Available | Util% |
+----------------------------+-------+-------+-----------+-------+
| Slice LUTs{star}                |  {lut} |     0 |     53200 | 13.16 |
| Slice Registers            |  8002 |     0 |    106400 |  7.52 |
+----------------------------+-------+-------+-----------+-------+
| Block RAM Tile    |  9.5 |     0 |       140 |  6.79 |
|   RAMB18          |    3 |     0 |       280 |  1.07 |
| DSPs           |   31 |     0 |       220 | 14.09 |
"""
TIMING = """| Design Timing Summary
| ---------------------

    WNS(ns)      TNS(ns)  TNS Failing Endpoints  TNS Total Endpoints      WHS(ns)
    -------      -------  ---------------------  -------------------      -------
     {wns}      -13.146                     57                  973        0.082
"""


def utilization(lut: int = 7001, state: str = "Fully Placed", device: str = "7z020clg400-1", star: str = "") -> str:
    return HEADER.format(device=device, state=state) + UTILIZATION.format(lut=lut, star=star)


def timing(wns: str = "-0.333", state: str = "Routed") -> str:
    return HEADER.format(device="7z020-clg400", state=state) + TIMING.format(wns=wns)


def values(folder: Path, part: str = PART) -> dict[str, tuple[float, str]]:
    return {f.name: (f.value, f.source) for f in read_hls_reports(folder, top="edgepack_top", part=part)}


def test_csynth_gives_resources_cycles_and_slack_and_says_whose_estimate_they_are(tmp_path: Path) -> None:
    (tmp_path / "syn").mkdir()
    (tmp_path / "syn/csynth.xml").write_text(CSYNTH, "utf-8")
    (tmp_path / "syn/run_dense_csynth.xml").write_text("not the top function's, so not read", "utf-8")
    found = {f.name: f for f in read_hls_reports(tmp_path, top="edgepack_top", part=PART)}
    assert {name: f.value for name, f in found.items()} == {
        "fpga.lut": 5002,
        "fpga.ff": 4001,
        "fpga.dsp": 29,
        "fpga.bram36": 6.5,
        "fpga.cycles": 640,
        "fpga.ii": 321,
        "fpga.slack.ns": 2.7,
    }
    assert {f.source for f in found.values()} == {"csynth's estimate, Vitis HLS 2023.2, syn/csynth.xml"}
    assert {f.basis for f in found.values()} == {Basis.ESTIMATED}, "the tool's own estimates, not measurements"
    assert (found["fpga.cycles"].low, found["fpga.cycles"].high) == (500, 640)
    assert found["fpga.ii"].low is None


def test_an_unknown_latency_is_left_out_and_older_names_are_read(tmp_path: Path) -> None:
    text = CSYNTH.replace("640", "undef").replace("321", "?").replace("DSP>", "DSP48E>")
    (tmp_path / "edgepack_top_csynth.xml").write_text(text, "utf-8")
    found = values(tmp_path)
    assert found["fpga.dsp"][0] == 29
    assert not found.keys() & {"fpga.cycles", "fpga.ii"}


def test_of_vivado_the_furthest_state_counts(tmp_path: Path) -> None:
    (tmp_path / "synth.rpt").write_text(utilization(7700, "Synthesized", star="*"), "utf-8")
    (tmp_path / "placed.rpt").write_text(utilization(7001), "utf-8")
    (tmp_path / "timing.rpt").write_text(timing(), "utf-8")
    (tmp_path / "timing_placed.rpt").write_text(timing("-2.000", "Physopt postPlace"), "utf-8")
    (tmp_path / "edgepack_top_csynth.rpt").write_text("== Vitis HLS Report for 'edgepack_top'", "utf-8")
    source = "Vivado 2022.1, board_wrapper fully placed, placed.rpt"
    assert values(tmp_path) == {
        "fpga.lut": (7001, source),
        "fpga.ff": (8002, source),
        "fpga.dsp": (31, source),
        "fpga.bram36": (9.5, source),
        "fpga.slack.ns": (-0.333, "Vivado 2022.1, board_wrapper routed, timing.rpt"),
    }


def test_a_synthesized_design_is_read_where_there_is_no_better(tmp_path: Path) -> None:
    (tmp_path / "synth.rpt").write_text(utilization(7700, "Synthesized", star="*"), "utf-8")
    (tmp_path / "unconstrained.rpt").write_text(timing("NA"), "utf-8")
    found = values(tmp_path)
    assert found["fpga.lut"][0] == 7700
    assert "fpga.slack.ns" not in found


def test_ultrascale_names(tmp_path: Path) -> None:
    text = utilization(device="xczu3eg-sbva484-1-e").replace("Slice LUTs", "CLB LUTs").replace("Slice Reg", "CLB Reg")
    (tmp_path / "u.rpt").write_text(text, "utf-8")
    found = values(tmp_path, "xczu3eg-sbva484-1-e")
    assert (found["fpga.lut"][0], found["fpga.ff"][0]) == (7001, 8002)


@pytest.mark.parametrize(
    ("name", "content", "match"),
    [
        ("csynth.xml", CSYNTH.replace("<profile>", '<!DOCTYPE p [<!ENTITY a "b">]><profile>', 1), "document type"),
        ("csynth.xml", CSYNTH[:400], "no XML"),
        ("csynth.xml", CSYNTH.replace("edgepack_top", "other"), "'other', not 'edgepack_top'"),
        ("csynth.xml", CSYNTH.replace("xc7z020-clg400-1", "xczu9eg"), "of part 'xczu9eg'"),
        ("csynth.xml", CSYNTH.replace("5002", "-1"), "LUT is no number"),
        ("csynth.xml", CSYNTH.replace("<LUT>5002</LUT>", ""), "no AreaEstimates/Resources/LUT"),
        ("csynth.xml", CSYNTH.replace("7.300", "nan"), "EstimatedClockPeriod is no number"),
        ("csynth.xml", " " * ((16 << 20) + 1), "over 16 MiB"),
        ("u.rpt", utilization(device="7a35ticsg324-1L"), "of part '7a35ticsg324-1L'"),
        ("u.rpt", utilization().replace("| DSPs           |   31", "| DSPs           |   oo"), "DSPs is no number"),
        ("readme.txt", "", "no report of Vitis HLS or Vivado"),
    ],
)
def test_bad_files_are_named(tmp_path: Path, name: str, content: str, match: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=match):
        values(tmp_path)


def test_a_document_type_is_no_less_refused_in_another_encoding(tmp_path: Path) -> None:
    text = CSYNTH.replace("UTF-8", "UTF-16").replace("<profile>", "<!DOCTYPE p><profile>", 1)
    (tmp_path / "csynth.xml").write_bytes(text.encode("utf-16"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        values(tmp_path)


def test_two_solutions_at_once_are_refused_and_equal_copies_are_not(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "csynth.xml").write_text(CSYNTH, "utf-8")
    assert values(tmp_path)["fpga.lut"][0] == 5002
    (tmp_path / "b/csynth.xml").write_text(CSYNTH.replace("5002", "5003"), "utf-8")
    with pytest.raises(ConfigError, match=r"differ: a/csynth\.xml, b/csynth\.xml"):
        values(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        values(tmp_path / "none")


def test_reports_of_single_processes_are_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "run_a_csynth.xml").write_text(CSYNTH, "utf-8")
    (tmp_path / "run_b_csynth.xml").write_text("damaged, but nobody asks for it", "utf-8")
    assert read_processes(tmp_path, ["run_a", "run_c"]) == {"run_a": {"lut": 5002, "ff": 4001, "dsp": 29, "bram18": 13}}
    (tmp_path / "again").mkdir()
    (tmp_path / "again/run_a_csynth.xml").write_text(CSYNTH, "utf-8")
    with pytest.raises(ConfigError, match="two reports of run_a"):
        read_processes(tmp_path, ["run_a"])
