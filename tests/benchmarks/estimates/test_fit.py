"""The fit's `[latency]` tables, and what it leaves of those that it replaces."""

import importlib
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
ESTIMATES = ROOT / "benchmarks" / "estimates"


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ESTIMATES))
    return importlib.import_module("fit")


@pytest.mark.parametrize("name", ["raspberrypi-zero-2w", "raspberrypi-3b-plus", "raspberrypi-4", "raspberrypi-5"])
def test_what_is_said_by_hand_of_other_engines_stays(
    fit: Any, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for folder in ("targets", "docs"):
        (tmp_path / folder).mkdir()
    path = tmp_path / "targets" / f"{name}.toml"
    path.write_bytes((ROOT / "targets" / path.name).read_bytes())
    (tmp_path / "docs" / "estimates.md").write_text("<!-- rows -->\n<!-- end -->\n", encoding="utf-8")
    before = tomllib.loads(path.read_text(encoding="utf-8"))["latency"]
    found = fit.Fit(
        board=next(b for b in fit.BOARDS if b.profile == name), terms=("ops", *fit.KINDS, "elementwise"),
        coefficients=np.full(6, 2.0), factor=1.0, rows=(), ratios=(), band=(0.25, 4.0), how="of this test",
    )  # fmt: skip
    monkeypatch.setattr(fit, "ROOT", tmp_path)
    monkeypatch.setattr(fit, "types_of", lambda _: {})
    for _ in range(2):
        fit.write({name: found})
        after = tomllib.loads(path.read_text(encoding="utf-8"))["latency"]
        assert (after["band"], after["how"], after["gmacs"]) == (
            [0.25, 4.0],
            "of this test",
            dict.fromkeys(before["gmacs"], 500),
        )
        assert (after["others"], after["others_how"]) == (before["others"], before["others_how"])


def test_a_profile_without_other_engines_gets_none(fit: Any) -> None:
    text = "[cpu]\n\n[latency]\nband = [0.5, 2.0]\n\n[latency.gmacs]\nconv = 18\n"
    assert fit.others_of(text) == ("", "")
