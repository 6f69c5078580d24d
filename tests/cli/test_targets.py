import subprocess
import sys
from pathlib import Path

from cli.edgepack import Outcome

from packager.cli.targets import command
from packager.config.profile import load_profile, profile_names


def test_every_target_is_listed() -> None:
    done = Outcome(command)
    lines = done.out.splitlines()
    listed = [line.split()[0] for line in lines[1 : 1 + len(profile_names())]]
    assert listed == profile_names()
    assert max(map(len, lines[: len(listed)])) <= 80


def test_json_lists_profiles() -> None:
    targets = Outcome(command, "--json").json["targets"]
    assert [t["name"] for t in targets] == profile_names()
    assert {t["family"] for t in targets} == {load_profile(n).family for n in profile_names()}


def test_one_target_with_all_that_its_profile_says() -> None:
    profile = load_profile("coral")
    out = Outcome(command, "coral").out
    assert profile.title in out
    assert profile.edgetpu is not None
    assert f"edgetpu.sram_bytes         {profile.edgetpu.sram_bytes} (8.0 MiB)" in out
    assert all(source in out for source in profile.sources)
    assert Outcome(command, "coral", "--json").json["target"]["edgetpu"]["link"] == profile.edgetpu.link


def test_a_board_of_ones_own(tmp_path: Path) -> None:
    board = tmp_path / "mine.toml"
    board.write_text('extends = "raspberrypi-4"\ntitle = "Mine"\npower_w = 4.0\nunverified = ["power_w"]\n', "utf-8")
    out = Outcome(command, board).out
    assert "Mine" in out
    assert "power_w" in out
    assert "4.0  (no source confirms it)" in out


def test_an_unknown_target_has_the_nearest_name() -> None:
    done = Outcome(command, "rasberrypi")
    assert done.code == 2
    assert done.error is not None
    assert "did you mean 'raspberrypi'?" in done.error.hint


def test_listing_imports_nothing_heavy() -> None:
    program = (
        "import sys; from packager.cli.targets import command; command(['--json'], standalone_mode=False);"
        "print([m for m in ('numpy', 'ai_edge_litert', 'onnx', 'onnxruntime', 'tensorflow', 'jinja2', 'rich')"
        " if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, encoding="utf-8")
    assert done.stderr == "[]\n"
