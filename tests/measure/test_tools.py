from pathlib import Path

import pytest

from packager.measure.tools import TOOLS, Tool, find_tools


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH, for programs of the test's own."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(path: Path, name: str, script: str) -> str:
    file = path / name
    file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    file.chmod(0o755)
    return str(file)


TOOL = Tool(name="compiler", costs="no compiling", commands=("compiler-2", "compiler"))


@pytest.mark.usefixtures("path")
def test_a_missing_tool_says_what_it_costs() -> None:
    (found,) = find_tools([TOOL])
    assert (found.path, found.version, found.costs) == ("", "", "no compiling")


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo 'Edge TPU Compiler version 16.0.384591198'", "16.0.384591198"),
        ("echo 'compiler (Debian 12.2.0-14) 12.2.0'", "12.2.0"),
        ("echo '&&&& RUNNING TensorRT.trtexec [TensorRT v8502] # trtexec --help' >&2; exit 1", "8502"),
        ("echo hello", ""),
        ("exit 3", ""),
        ("printf '\\377\\376'", ""),
    ],
)
def test_a_tool_that_is_here_is_asked_for_its_version(path: Path, script: str, version: str) -> None:
    where = program(path, "compiler", script)
    (found,) = find_tools([TOOL])
    assert (found.path, found.version) == (where, version)


def test_the_first_of_several_names_is_taken(path: Path) -> None:
    program(path, "compiler", "echo 1.0")
    where = program(path, "compiler-2", "echo 2.0")
    (found,) = find_tools([TOOL])
    assert (found.path, found.version) == (where, "2.0")


def test_a_tool_that_does_not_answer_is_still_found(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packager.measure.tools._PATIENCE", 0.2)
    where = program(path, "compiler", "exec /bin/sleep 60")
    (found,) = find_tools([TOOL])
    assert (found.path, found.version) == (where, "")


def test_a_program_that_can_not_be_started_is_still_found(path: Path) -> None:
    (path / "compiler").write_bytes(b"\x7fELF but not really")
    (path / "compiler").chmod(0o755)
    (found,) = find_tools([TOOL])
    assert (found.path, found.version) == (str(path / "compiler"), "")


def test_python_packages_are_found_without_importing_them() -> None:
    here, missing = find_tools(
        [
            Tool(name="a", costs="", distributions=("no-such-thing", "numpy")),
            Tool(name="b", costs="", distributions=("no-such-thing",)),
        ]
    )
    import numpy as np

    assert here.version == np.__version__
    assert here.path
    assert not missing.path


@pytest.mark.usefixtures("path")
def test_a_module_serves_where_no_program_is_found() -> None:
    (found,) = find_tools([Tool(name="pip", costs="", commands=("pip",), module="pip")])
    assert Path(found.path).parts[-2:] == ("pip", "__init__.py")
    assert found.version


def test_every_tool_has_a_name_and_a_cost() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    assert all(tool.costs and (tool.commands or tool.distributions) for tool in TOOLS)
