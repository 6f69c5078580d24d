"""What reading reports of AMD's tools has in common: files, numbers, figures."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from packager.errors import ConfigError
from packager.figure import Basis, Figure
from packager.report.text import visible

_MAX_FILES = 20_000
COUNT = re.compile(r"\d{1,12}(\.\d{1,6})?")
AGAIN = "give the folder of one solution's reports, or of one Vivado run"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HlsReport:
    """One file."""

    path: str
    """Relative to the folder that was given."""
    kind: str
    """``csynth``, ``utilization`` or ``timing``."""
    part: str
    """As the file has it; the timing summary leaves the speed grade out."""
    state: int
    """How far the design was: an index into the states; of `csynth`, 0."""
    figures: tuple[Figure, ...]


def files_below(folder: Path, pattern: str) -> Iterator[Path]:
    for count, path in enumerate(sorted(folder.rglob(pattern)), 1):
        if count > _MAX_FILES:
            raise ConfigError(f"{folder}: over {_MAX_FILES} {pattern} files", hint=AGAIN)
        if path.is_file():
            yield path


def read_bytes(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}", hint="check the path") from None


def number(text: str, path: Path, what: str) -> float:
    if not COUNT.fullmatch(text.strip()):
        raise ConfigError(f"{path}: {what} is no number: {visible(text.strip(), 40)!r}", hint="the file is damaged")
    return float(text)


def figure(
    name: str,
    value: float,
    source: str,
    *,
    unit: str = "1",
    band: tuple[float, float] | None = None,
    basis: Basis = Basis.MEASURED,
) -> Figure:
    low, high = band or (None, None)
    return Figure(name=name, value=value, unit=unit, basis=basis, source=source, low=low, high=high)
