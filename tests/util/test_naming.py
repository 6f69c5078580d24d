import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.bundle.entry import component_problem
from packager.util.naming import c_ident, slug, unique


@pytest.mark.parametrize(
    ("text", "ident"), [("a/b:0", "a_b_0"), ("conv1", "conv1"), ("1x", "x1x"), ("", "x"), ("é!", "x"), ("__a__", "a")]
)
def test_c_ident(text: str, ident: str) -> None:
    assert c_ident(text) == ident


@given(st.text(max_size=30))
def test_every_text_becomes_an_identifier(text: str) -> None:
    assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", c_ident(text))


def test_unique_numbers_what_repeats() -> None:
    assert unique(["a", "b", "a", "a_2", "a"]) == ["a", "b", "a_2", "a_2_2", "a_3"]


@given(st.lists(st.sampled_from(["a", "b", "a_2", "a_3", "b_2"])))
def test_unique_names_are_unique_and_first_ones_stay(names: list[str]) -> None:
    found = unique(names)
    assert len(set(found)) == len(names) == len(found)
    assert all(after.startswith(before) for before, after in zip(names, found, strict=True))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("kws_ref_model", "kws_ref_model"),
        ("my model (2).final", "my-model-2-.final"),
        ("..", "model"),
        ("nul", "model-nul"),
        ("CON.v2", "model-CON.v2"),
        ("x" * 200, "x" * 60),
    ],
)
def test_slug(text: str, name: str) -> None:
    assert slug(text) == name


@given(st.text(max_size=120))
def test_every_text_becomes_a_file_name(text: str) -> None:
    assert component_problem(slug(text)) == ""
