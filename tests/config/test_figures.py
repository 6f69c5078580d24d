import ast
from collections.abc import Iterator
from pathlib import Path

from packager.config.figures import figure_groups, figure_kinds
from packager.figure import Layer

PACKAGE = Path(__file__).parents[2] / "packager"


def figures_in_code() -> Iterator[tuple[str, str]]:
    """Every literal first argument ``name=`` of a Figure, with its file."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Figure":
                for keyword in node.keywords:
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                        yield str(keyword.value.value), path.name


def test_every_figure_that_the_code_makes_is_in_the_vocabulary() -> None:
    made = set(figures_in_code())
    assert made
    assert not [pair for pair in made if pair[0] not in figure_kinds()]


def test_parts_and_layers_name_what_exists() -> None:
    fields = {"", "live", *Layer.__dataclass_fields__}
    for name, kind in figure_kinds().items():
        assert kind.layer in fields, name
        assert set(kind.parts) <= set(figure_kinds()), name
        assert kind.better in ("less", "more"), name


def test_groups_hold_every_kind_once() -> None:
    assert sum(len(rows) for rows in figure_groups().values()) == len(figure_kinds())
