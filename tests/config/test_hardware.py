"""The part of a recipe that is for FPGAs."""

from pathlib import Path

import pytest

from packager.config.hardware import FoldRule
from packager.config.recipe import load_recipe
from packager.errors import ConfigError

GOOD = """
description = "as fast as a camera"
[fpga]
frames_per_second = 60
clock_mhz = 125.0
[[fpga.folds]]
op = "CONV_2D"
name = "stem"
pe = 4
"""


def written(folder: Path, text: str) -> str:
    (path := folder / "own.toml").write_text(text, encoding="utf-8")
    return str(path)


def test_a_recipe_says_how_fast_and_how_folded(tmp_path: Path) -> None:
    wanted = load_recipe(written(tmp_path, GOOD)).fpga
    assert (wanted.frames_per_second, wanted.clock_mhz) == (60, 125)
    assert wanted.folds == (FoldRule(op="CONV_2D", name="stem", pe=4),)
    assert wanted.folds[0].matches("CONV_2D", "net/stem/conv")
    assert not wanted.folds[0].matches("CONV_2D", "net/head/conv")
    assert not wanted.folds[0].matches("ADD", "net/stem/add")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("= 60", "= -1.0", "no rate"),
        ("= 125.0", "= 5000.0", "not in 0..1000"),
        ("= 125.0", '= 125.0\nfifo_depths = "deep"', "fifo_depths = 'deep' is unknown"),
        ("pe = 4", "", "changes nothing"),
        ("pe = 4", "pe = 0", "at least 1"),
        ('"stem"', '"st(em"', "no regular expression"),
        ("pe = 4", "p = 4", "unknown key"),
    ],
)
def test_what_can_not_be_is_refused_by_its_key(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe(written(tmp_path, GOOD.replace(old, new)))
