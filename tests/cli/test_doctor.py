import json
from pathlib import Path

import pytest

from packager.cli.main import main


@pytest.fixture(autouse=True)
def _only_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "edgetpu_compiler").write_text("#!/bin/sh\necho 'Edge TPU Compiler version 16.0.384591198'\n", "utf-8")
    (tmp_path / "edgetpu_compiler").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_names_what_is_here_and_what_a_missing_tool_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["edgetpu_compiler"] == f"16.0.384591198  {tmp_path / 'edgetpu_compiler'}"
    assert lines["g++"].startswith("missing: ")


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    tools = {tool["name"]: tool for tool in json.loads(capsys.readouterr().out)["tools"]}
    assert tools["edgetpu_compiler"]["path"] == str(tmp_path / "edgetpu_compiler")
    assert tools["vitis_hls"]["path"] == ""
    assert all(tool["costs"] for tool in tools.values())
