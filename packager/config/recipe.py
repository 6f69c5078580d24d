"""A recipe: how to quantize, by operator name and type, read from `targets/recipes/<name>.toml` or a file."""

import dataclasses
import re
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from packager.config._table import from_table, parse_toml
from packager.config.hardware import Hardware, hardware_problems
from packager.data import data_dir
from packager.errors import ConfigError, did_you_mean

SCHEMES = {
    "int8": ("int8", "uint8", "float32"),
    "int16x8": ("int16", "float32"),
    "float16": ("float32",),
    "dynamic": ("float32",),
    "float32": ("float32",),
}
"""Each scheme with the types that a model of it can have at its inputs and outputs."""
METHODS = ("minmax", "percentile", "entropy")
CALIBRATED = frozenset({"int8", "int16x8"})
"""Schemes whose activations are integers, and which therefore need data."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Overrides the scheme of the operators that match both patterns; the last rule that matches wins."""

    op: str = ""
    """An operator type, ``FULLY_CONNECTED``; empty for all."""
    name: str = ""
    """A regular expression searched in the operator's name; empty for all."""
    scheme: str = ""
    """``int8``, ``int16x8``, ``float16``, ``dynamic``, ``float32``; empty to leave it."""
    per_channel: bool | None = None

    def __str__(self) -> str:
        parts = {"op": self.op, "name": self.name}
        return ", ".join(f"{key} = {value!r}" for key, value in parts.items() if value) or "every operator"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    method: str = "minmax"
    """``minmax`` (true minimum and maximum), ``percentile`` or ``entropy``."""
    percentile: float = 99.99
    """Of the values kept inside the range, in percent; for ``percentile``."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    """For TensorRT: layers that stay in float16, chosen by what int8 costs the outputs."""

    target_db: float = 30.0
    """Signal to noise in the outputs; layers are kept, the noisiest first, until it is reached."""
    most: float = 0.25
    """The share of multiply-accumulates that may stay in float16."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    name: str
    description: str
    scheme: str = "int8"
    """``int8`` (weights and activations), ``int16x8`` (activations 16, weights 8 bits), ``float16``, ``dynamic``
    (int8 weights, float activations) or ``float32`` (as it is)."""
    symmetric_activations: bool = False
    """Zero point 0 for activations, as TensorRT wants them."""
    per_channel: bool = True
    """A scale per output channel for weights of convolutions."""
    per_channel_dense: bool = True
    """The same for fully connected layers; old Edge TPU compilers want False."""
    inputs: str = "int8"
    """Type of the model's inputs: ``int8``, ``uint8``, ``int16``, ``float32``."""
    outputs: str = "int8"
    calibration: Calibration = dataclasses.field(default_factory=Calibration)
    rules: tuple[Rule, ...] = ()
    fpga: Hardware = dataclasses.field(default_factory=Hardware)
    """For targets that are FPGAs."""
    sensitivity: Sensitivity | None = None
    """None to keep no layer but those of `rules`."""
    steps: tuple[Mapping[str, Any], ...] = ()
    """Of compression, before the model is quantized: see `packager.config.compression`."""

    @property
    def needs_samples(self) -> bool:
        """Whether some operator may get integer activations."""
        return not CALIBRATED.isdisjoint({self.scheme, *(rule.scheme for rule in self.rules)})


def recipe_names(root: Traversable | None = None) -> list[str]:
    folder = root or data_dir("targets") / "recipes"
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load_recipe(name: str, root: Traversable | None = None) -> Recipe:
    """Read a shipped recipe by name, or a file where `name` ends in ``.toml``.

    Raises:
        ConfigError: no such recipe (with the nearest name), or a wrong file.
    """
    folder = root or data_dir("targets") / "recipes"
    own_file = name.endswith(".toml")
    if not own_file and name not in recipe_names(folder):
        raise ConfigError(f"no recipe named {name!r}", hint=did_you_mean(name, recipe_names(folder)))
    path: Traversable = Path(name) if own_file else folder / f"{name}.toml"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror}", hint="check the path") from None
    recipe = from_table(Recipe, {"name": Path(name).stem, **parse_toml(text, source=name)}, source=name)
    check_recipe(recipe)
    return recipe


def check_recipe(recipe: Recipe) -> None:
    """Check what TOML's types can't: names of schemes and methods, and that they go together.

    Raises:
        ConfigError: the first contradiction, with the key and a remedy.
    """
    for message, hint in _problems(recipe):
        raise ConfigError(f"recipe {recipe.name}: {message}", hint=hint)


def _problems(recipe: Recipe) -> Iterator[tuple[str, str]]:
    if recipe.scheme not in SCHEMES:
        yield f"no scheme {recipe.scheme!r}", did_you_mean(recipe.scheme, SCHEMES)
        return
    allowed = SCHEMES[recipe.scheme]
    for key, type_ in (("inputs", recipe.inputs), ("outputs", recipe.outputs)):
        if type_ not in allowed:
            yield f"{key} of a {recipe.scheme} model can't be {type_!r}", f"use {' or '.join(allowed)}"
    how = recipe.calibration
    if how.method not in METHODS:
        yield f"no calibration method {how.method!r}", did_you_mean(how.method, METHODS)
    if not 50 < how.percentile <= 100:
        yield f"calibration.percentile = {how.percentile:g} is not in 50..100", "99.99 cuts one value in ten thousand"
    if recipe.scheme == "int16x8" and how.method == "entropy":
        yield "calibration by entropy is for 8 bits", "use minmax or percentile with int16x8"
    yield from hardware_problems(recipe.fpga)
    if recipe.sensitivity is not None:
        yield from _sensitivity_problems(recipe.scheme, recipe.sensitivity)
    for number, rule in enumerate(recipe.rules, 1):
        yield from _rule_problems(number, rule)


def _sensitivity_problems(scheme: str, how: Sensitivity) -> Iterator[tuple[str, str]]:
    if scheme != "int8":
        yield f"sensitivity chooses layers to keep out of int8, not of {scheme}", 'use scheme = "int8"'
    if not 0 < how.most < 1:
        yield f"sensitivity.most = {how.most:g} is not between 0 and 1", "it is a share of the work"


def _rule_problems(number: int, rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.scheme and rule.scheme not in SCHEMES:
        yield f"rule {number}: no scheme {rule.scheme!r}", did_you_mean(rule.scheme, SCHEMES)
    if not rule.scheme and rule.per_channel is None:
        yield f"rule {number} changes nothing", "give it a scheme or per_channel"
    try:
        re.compile(rule.name)
    except re.error as error:
        yield f"rule {number}: name = {rule.name!r} is no regular expression: {error}", "escape special characters"
