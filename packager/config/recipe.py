"""A recipe: how to quantize, by operator name and type, read from `targets/recipes/<name>.toml` or a file."""

import dataclasses
from importlib.resources.abc import Traversable
from pathlib import Path

from packager.config._table import from_table, parse_toml
from packager.data import data_dir
from packager.errors import ConfigError, did_you_mean


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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    method: str = "minmax"
    """``minmax`` (true minimum and maximum), ``percentile`` or ``entropy``."""
    percentile: float = 99.99
    """Of the values kept inside the range, in percent; for ``percentile``."""


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
    return from_table(Recipe, {"name": Path(name).stem, **parse_toml(text, source=name)}, source=name)
