"""The documents keep their word: links lead somewhere, commands and targets exist."""

import re
from pathlib import Path

import pytest

from packager.cli.main import cli
from packager.config.profile import profile_names

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/*.md")])
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in _LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_commands_and_targets_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    commands = set(cli.list_commands(None))  # type: ignore[arg-type]  # the list does not depend on a context
    assert not set(re.findall(r"`edgepack ([a-z][a-z-]+)", text)) - commands
    targets = set(re.findall(r"--target ([a-z][a-z0-9-]+)", text))
    assert not targets - set(profile_names())


def test_every_page_of_docs_is_reachable_from_the_readme() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md" or not page.is_file():
            continue
        seen.add(page)
        todo += [(page.parent / link).resolve() for link in _LINK.findall(page.read_text("utf-8"))]
    assert not set(ROOT.glob("docs/*.md")) - seen
