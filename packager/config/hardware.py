"""What a recipe asks of an FPGA: how fast is enough, and how single operators are folded."""

import dataclasses
import re
from collections.abc import Iterator

FRAME = "frame"
FIFO_DEPTHS = ("simulated", FRAME)
FOLD_KEYS = ("pe", "simd", "fabric", "keep", "of")
"""What a rule may ask of a fold, by the names that both have for it."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FoldRule:
    """Holds the operators that match both patterns to a fold, what is left out free; the last that matches wins."""

    op: str = ""
    """An operator type, ``CONV_2D``; empty for all."""
    name: str = ""
    """A regular expression searched in the operator's name; empty for all."""
    pe: int | None = None
    """Rows computed at once."""
    simd: int | None = None
    """Lanes read a cycle."""
    fabric: bool | None = None
    """Whether products are made of LUTs instead of DSP slices."""
    keep: int | None = None
    """Of every `of` lanes, so many have a multiplier in each row; 1 of 1 for all of them."""
    of: int | None = None

    def __str__(self) -> str:
        parts = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return ", ".join(f"{key} = {value!r}" for key, value in parts.items() if value not in ("", None))

    def matches(self, op: str, name: str) -> bool:
        return (not self.op or self.op == op) and re.search(self.name, name) is not None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Hardware:
    frames_per_second: float = 0.0
    """That are enough, at least cost; 0 for as many as the part can give."""
    clock_mhz: float = 0.0
    """0 for the profile's."""
    fifo_depths: str = "simulated"
    """Of the buffers on skip connections: ``simulated``, as deep as the timed simulation needed and some to spare, or
    ``frame``, a whole frame, which can't lock up whatever the timing."""
    fit: str = ""
    """A file that `edgepack report --hls-reports` wrote: factors on the estimates, learned from a synthesis."""
    folds: tuple[FoldRule, ...] = ()


def hardware_problems(wanted: Hardware) -> Iterator[tuple[str, str]]:
    if not 0 <= wanted.frames_per_second < float("inf"):
        yield f"fpga.frames_per_second = {wanted.frames_per_second:g} is no rate", "leave it out for the highest"
    if not 0 <= wanted.clock_mhz <= _FASTEST_MHZ:
        yield f"fpga.clock_mhz = {wanted.clock_mhz:g} is not in 0..{_FASTEST_MHZ}", "leave it out for the profile's"
    if wanted.fifo_depths not in FIFO_DEPTHS:
        yield f"fpga.fifo_depths = {wanted.fifo_depths!r} is unknown", f"one of {', '.join(FIFO_DEPTHS)}"
    for number, rule in enumerate(wanted.folds, 1):
        where = f"fpga.folds {number}"
        if all(getattr(rule, key) is None for key in FOLD_KEYS):
            yield f"{where} changes nothing", f"give it {', '.join(FOLD_KEYS[:-1])} or {FOLD_KEYS[-1]}"
        for key in ("pe", "simd", "keep", "of"):
            value = getattr(rule, key)
            if value is not None and value < 1:
                yield f"{where}: {key} = {value} must be at least 1", "see the folds in a report"
        try:
            re.compile(rule.name)
        except re.error as error:
            yield f"{where}: name = {rule.name!r} is no regular expression: {error}", "escape special characters"


_FASTEST_MHZ = 1000
