"""Templates for the device."""

from pathlib import Path

import jinja2
import pytest

from packager.data import data_dir
from packager.emit import runner
from packager.emit.runner import render


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runner, "data_dir", lambda name: tmp_path / name)
    (tmp_path / "templates" / "runner").mkdir(parents=True)
    return tmp_path / "templates"


def test_values_are_filled_in_and_the_rest_is_kept_to_the_byte(templates: Path) -> None:
    (templates / "runner" / "a.j2").write_text(
        '{% for x in xs %}\n<{{ x }}> & "{{ s }}"\n{% endfor %}\nüf\n', encoding="utf-8"
    )
    assert render("runner/a.j2", xs=[1, 2], s="a<b") == '<1> & "a<b"\n<2> & "a<b"\nüf\n'.encode()


def test_a_value_left_out_is_an_error(templates: Path) -> None:
    (templates / "b.j2").write_text("{{ missing }}", encoding="utf-8")
    with pytest.raises(jinja2.UndefinedError, match="missing"):
        render("b.j2")


def test_shipped_templates_parse() -> None:
    environment = jinja2.Environment(autoescape=True)
    shipped = sorted(Path(str(data_dir("templates") / "runner")).rglob("*.j2"))
    assert shipped
    for template in shipped:
        environment.parse(template.read_text("utf-8"))
