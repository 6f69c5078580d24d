"""What `--prune` takes."""

from pathlib import Path

import pytest

from packager.config.pruning import Pruning, load_pruning
from packager.errors import ConfigError


def test_a_number_is_a_share() -> None:
    assert load_pruning("0.3") == Pruning(share=0.3)


def test_a_file_says_how(tmp_path: Path) -> None:
    path = tmp_path / "prune.toml"
    path.write_text('share = 0.5\nimportance = "l1"\nmultiple_of = 4\nskip = ["conv_1"]\n', "utf-8")
    assert load_pruning(str(path)) == Pruning(share=0.5, importance="l1", multiple_of=4, skip=("conv_1",))


@pytest.mark.parametrize("text", ["0", "1", "-0.5", "30", "nan", "inf"])
def test_a_share_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="can't be pruned"):
        load_pruning(text)


def test_a_word_is_refused() -> None:
    with pytest.raises(ConfigError, match="'a third': no number"):
        load_pruning("a third")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("share = 0.5\nimportance = 'l3'", "no importance 'l3'"),
        ("share = 0.5\nmultiple_of = -1", "multiple_of = -1 is negative"),
        ("shares = 0.5", "unknown key 'shares'"),
        ("importance = 'l1'", "missing 'share'"),
        ("share = ", "must be TOML"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "prune.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_pruning(str(path))
    assert message in f"{caught.value} {caught.value.hint}"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_pruning(str(tmp_path / "none.toml"))
