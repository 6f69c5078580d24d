"""Imports point downwards, the modules of a shelf do not know each other, and clocks stay where they belong."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "packager"
FLOORS = (
    ("errors",),
    ("util",),
    ("data", "ir", "bundle", "figure"),
    ("config", "ops", "rewrite"),
    ("frontends", "passes", "interp"),
    ("train",),
    ("quantize", "prune"),
    ("compress",),
    ("plan",),
    ("emit",),
    ("families", "measure"),
    ("report",),
    ("build", "registry", "tune"),
    ("cli",),
    ("__main__",),
)
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}
SHELVES = {"frontends", "passes", "ops", "emit", "families"}
"""Packages whose modules are alternatives: each may import only what is below the shelf."""

MODULES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")
LINE_LIMIT = 400
MEDIAN_LIMIT = 150


def imported(path: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield node.lineno, tuple(name.split("."))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_point_downwards(path: Path) -> None:
    here = path.relative_to(ROOT).with_suffix("").parts
    assert here[0] in FLOOR_OF, f"give {here[0]!r} a floor"
    for line, (package, *there) in imported(path):
        if package != "packager" or there[0] not in FLOOR_OF:
            continue
        where = f"{path}:{line}: {'.'.join(here)} may not import {'.'.join(there)}"
        if there[0] != here[0]:
            assert FLOOR_OF[there[0]] < FLOOR_OF[here[0]], where
        elif here[0] in SHELVES and here[-1] != "__init__" and there[1] != here[1]:
            assert there[1].startswith("_"), where


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_clocks_and_processes_stay_in_their_modules(path: Path) -> None:
    here = path.relative_to(ROOT).as_posix()
    if here.startswith("measure/") or here == "util/child.py":
        return
    for line, (package, *_) in imported(path):
        assert package not in {"subprocess", "time", "datetime"}, f"{path}:{line}: {package} belongs in measure"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_only_the_command_line_prints(path: Path) -> None:
    if path.relative_to(ROOT).parts[0] == "cli":
        return
    calls = (n for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call))
    assert not [c.lineno for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


def test_files_stay_small() -> None:
    lengths = sorted(len(p.read_text("utf-8").splitlines()) for p in MODULES)
    assert lengths[len(lengths) // 2] <= MEDIAN_LIMIT
    too_long = [p.relative_to(ROOT).as_posix() for p in MODULES if len(p.read_text("utf-8").splitlines()) > LINE_LIMIT]
    assert not too_long, "a concept is missing a name"
