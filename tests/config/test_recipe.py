"""Every shipped recipe loads and says what it does; contradictions are refused with the key."""

from pathlib import Path

import pytest

from packager.config.recipe import SCHEMES, Calibration, Recipe, Rule, check_recipe, load_recipe, recipe_names
from packager.errors import ConfigError


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_load_and_are_described(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert len(recipe.description) > 20
    assert name.startswith(("int8", "int16x8", "float16", "float32", "dynamic-int8"))


def test_the_shipped_recipes_cover_every_scheme_and_method() -> None:
    recipes = [load_recipe(name) for name in recipe_names()]
    assert {r.scheme for r in recipes} == set(SCHEMES)
    assert {r.calibration.method for r in recipes} == {"minmax", "percentile", "entropy"}
    assert any(r.symmetric_activations for r in recipes)
    assert any(not r.per_channel_dense for r in recipes)
    assert any(r.rules for r in recipes)


def test_an_own_file_is_named_after_itself(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('description = "d"\n[[rules]]\nname = "dense"\nscheme = "float32"\n', encoding="utf-8")
    recipe = load_recipe(str(path))
    assert (recipe.name, recipe.rules) == ("mine", (Rule(name="dense", scheme="float32"),))


def test_an_unknown_recipe_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError) as caught:
        load_recipe("int8-per-chanel")
    assert "int8-per-channel" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('scheme = "int9"', "int8"),
        ('inputs = "int16"', "use int8 or uint8 or float32"),
        ('scheme = "int16x8"', "use int16 or float32"),
        ('scheme = "float16"\ninputs = "float32"', "outputs of a float16 model"),
        ('[calibration]\nmethod = "mimmax"', "minmax"),
        ('[calibration]\nmethod = "percentile"\npercentile = 0.5', "50..100"),
        ('scheme = "int16x8"\ninputs = "int16"\noutputs = "int16"\n[calibration]\nmethod = "entropy"', "8 bits"),
        ('[[rules]]\nop = "ADD"\nscheme = "flot32"', "float32"),
        ('[[rules]]\nop = "ADD"', "changes nothing"),
        ('[[rules]]\nname = "a["\nscheme = "float32"', "regular expression"),
        ('[[rules]]\nopp = "ADD"\nscheme = "float32"', "opp"),
        ("per_channel = 1", "per_channel"),
        ("[sensitivity]\nmost = 1.5", "share of the work"),
        ('scheme = "float32"\ninputs = "float32"\noutputs = "float32"\n[sensitivity]', 'use scheme = "int8"'),
    ],
)
def test_contradictions_are_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f'description = "d"\n{text}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_recipe(str(path))
    assert words in f"{caught.value} {caught.value.hint}"


def test_a_missing_file() -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_recipe("nowhere.toml")


def test_only_integer_activations_need_samples() -> None:
    assert Recipe(name="r", description="").needs_samples
    assert not load_recipe("float16").needs_samples
    assert not load_recipe("dynamic-int8").needs_samples
    mixed = Recipe(name="r", description="", scheme="float32", rules=(Rule(op="ADD", scheme="int8"),))
    assert mixed.needs_samples


def test_check_recipe_takes_a_percentile_of_100() -> None:
    check_recipe(Recipe(name="r", description="", calibration=Calibration(method="percentile", percentile=100)))
