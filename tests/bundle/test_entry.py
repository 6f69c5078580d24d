import string
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.bundle.entry import component_problem, path_problems

GOOD = ("model/model.tflite", "runtime/__init__.py", "wheels/numpy-2.2.6-cp311-manylinux_2_17_aarch64.whl", "a/b/c+d")


@pytest.mark.parametrize("path", GOOD)
def test_takes_the_paths_that_bundles_have(path: str) -> None:
    assert path_problems([path]) == []


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../up",
        "a/../b",
        "a//b",
        "",
        ".",
        "./a",
        ".hidden",
        "-rf",
        "a\\b",
        "C:/x",
        "a:stream",
        "a b",
        "tab\tbed",
        "nul",
        "model/CON.txt",
        "lpt1",
        "dot.",
        "é.txt",
        "e\u0301.txt",
        "\u202eevil.txt",
        "line\n",
        "x" * 101,
        "/".join(["folder"] * 10) + "/x",
    ],
)
def test_refuses_what_some_system_takes_for_something_else(path: str) -> None:
    (problem,) = path_problems([path])
    assert ascii(path) in problem


def test_refuses_twins_where_case_is_ignored() -> None:
    assert path_problems(["doc/Readme.md", "doc/readme.md"]) == ["'doc/readme.md': there twice where case is ignored"]


def test_refuses_a_file_that_is_a_folder_as_well() -> None:
    assert path_problems(["model", "model/model.tflite"]) == ["'model': a file and a folder at once"]
    assert path_problems(["Model", "model/model.tflite"]) == ["'model': a file and a folder at once"]


@given(st.text(max_size=12))
def test_what_is_taken_stays_one_plain_name_on_every_system(text: str) -> None:
    if component_problem(text):
        return
    assert PurePosixPath(text).parts == PureWindowsPath(text).parts == (text,)
    assert not PureWindowsPath(text).is_reserved()
    assert set(text) <= set(string.ascii_letters + string.digits + "._+-")
