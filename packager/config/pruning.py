"""How much of a model to prune, and how: a number, or a TOML file."""

import dataclasses
from pathlib import Path

from packager.config._table import from_table, parse_toml
from packager.errors import ConfigError, did_you_mean

IMPORTANCES = ("activation", "l1", "l2")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pruning:
    share: float
    """Of the multiply-accumulates that shall go, between 0 and 1."""
    importance: str = "activation"
    """What tells which channels matter: ``activation``, ``l1`` or ``l2``."""
    multiple_of: int = 0
    """Of channels, that a layer which loses some keeps; 0 for what the targets like."""
    skip: tuple[str, ...] = ()
    """Names of layers that keep all their channels."""


def load_pruning(text: str) -> Pruning:
    """Read what follows ``--prune``: ``0.3``, or the path of a TOML file with the fields of `Pruning`.

    Raises:
        ConfigError: neither, or a value out of range.
    """
    if text.endswith(".toml"):
        how = from_table(Pruning, parse_toml(_read(Path(text)), source=text), source=text)
    else:
        try:
            how = Pruning(share=float(text))
        except ValueError:
            raise ConfigError(f"--prune {text!r}: no number", hint="write 0.3 for 30 %, or name a .toml file") from None
    if not 0 < how.share < 1:
        raise ConfigError(
            f"a share of {how.share:g} can't be pruned", hint="use one between 0 and 1: 0.3 for 30 % of the work"
        )
    if how.importance not in IMPORTANCES:
        raise ConfigError(f"{text}: no importance {how.importance!r}", hint=did_you_mean(how.importance, IMPORTANCES))
    if how.multiple_of < 0:
        raise ConfigError(f"{text}: multiple_of = {how.multiple_of} is negative", hint="use 1, 4, 8 or 16")
    return how


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check the path") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not UTF-8", hint="the file must be TOML") from None
