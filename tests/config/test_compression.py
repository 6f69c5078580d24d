"""What `--prune` takes."""

from pathlib import Path

import pytest

from packager.config.compression import StepTable, load_steps, steps_from
from packager.errors import ConfigError


def test_a_number_is_a_share_of_channels() -> None:
    assert load_steps("0.3") == (StepTable(step="channels", options={"share": 0.3}, source=""),)


def test_a_file_without_a_list_says_how_to_prune_channels(tmp_path: Path) -> None:
    path = tmp_path / "prune.toml"
    path.write_text('share = 0.5\nskip = ["conv_1"]\n', "utf-8")
    (table,) = load_steps(str(path))
    assert (table.step, table.options) == ("channels", {"share": 0.5, "skip": ["conv_1"]})
    assert table.folder == tmp_path


def test_a_list_is_run_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "steps.toml"
    path.write_text('[[steps]]\nstep = "channels"\nshare = 0.5\n[[steps]]\nstep = "other"\n', "utf-8")
    first, second = load_steps(str(path))
    assert (first.step, dict(first.options), second.step, dict(second.options)) == (
        "channels", {"share": 0.5}, "other", {},
    )  # fmt: skip
    assert second.where == f"{path}: steps[1]"


def test_a_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="'a third': no number"):
        load_steps("a third")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("share = ", "Invalid value"),
        ("steps = []", "must be a list of tables"),
        ("steps = 'channels'", "must be a list of tables"),
        ("[[steps]]\nshare = 0.5", r"steps\[0\] names no step"),
        ("share = 0.5\n[[steps]]\nstep = 'channels'", "'share' stands beside"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "prune.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=message):
        load_steps(str(path))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "prune.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="No such file" if content is None else "not UTF-8"):
        load_steps(str(path))


def test_a_recipe_s_list_says_where_it_stands() -> None:
    (table,) = steps_from([{"step": "channels", "share": 0.1}], source="own.toml")
    assert table.where == "own.toml: steps[0]"
