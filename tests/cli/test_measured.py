import json
from pathlib import Path

import pytest
from cli.edgepack import Outcome
from report.test_load import bundle
from report.test_trtexec import times

from packager.cli.measured import command
from packager.figure import Basis
from packager.report.load import load_report
from packager.report.measured import read_measured


@pytest.mark.parametrize("packed", [False, True])
def test_times_of_the_board_reach_the_report(tmp_path: Path, packed: bool) -> None:  # noqa: FBT001 - a parameter
    folder = bundle().write(tmp_path)
    path = bundle().archive(tmp_path).path if packed else folder
    done = Outcome(command, path, "--trtexec", times(tmp_path / "a.json", [2.0] * 10))
    assert (done.code, "latency.p50.ms" in done.out, "10 inferences" in done.out) == (0, True, True)
    Outcome(command, path, "--trtexec", times(tmp_path / "a.json", [3.0] * 10))
    (found,) = [f for f in load_report(path).figures if f.name == "latency.p50.ms" and f.on == "raspberrypi-4"]
    assert (found.value, found.basis) == (3.0, Basis.MEASURED)
    assert len(read_measured(folder)) == 4, "the first measurement was replaced"


def test_a_profile_is_shown_and_kept_nowhere(tmp_path: Path) -> None:
    folder = bundle().write(tmp_path)
    profile = tmp_path / "profile.json"
    rows = [{"name": f"layer {i}", "averageMs": 0.1 * i, "percentage": i, "timeMs": i} for i in range(1, 5)]
    profile.write_text(json.dumps([{"count": 10}, *rows]), encoding="utf-8")
    done = Outcome(command, folder, "--trtexec", profile, "--layers", "2")
    assert done.code == 0
    assert done.out.index("layer 4") < done.out.index("layer 3")
    assert "layer 2" not in done.out
    assert read_measured(folder) == ()


def test_mistakes(tmp_path: Path) -> None:
    folder = bundle().write(tmp_path)
    assert Outcome(command, folder).code == 2
    assert Outcome(command, folder, "--trtexec", tmp_path / "none.json").code == 2
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    assert Outcome(command, folder, "--trtexec", tmp_path / "other.json").code == 2
