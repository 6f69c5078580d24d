"""Which part of another model's activations a smaller one still holds, by their names: channels, and positions."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from packager.compress._grids import Array, Grid


class Part(NamedTuple):
    """Of one activation ``[samples, ..., channels]``."""

    channels: tuple[int, ...] | None = None
    """Along the last axis, in order; None for all."""
    grid: Grid | None = None
    """Positions in height and width; None for all."""

    def then(self, later: "Part") -> "Part":
        """Of this part the part that another is, counted as before either."""
        if self.channels is None or later.channels is None:
            channels = self.channels if later.channels is None else later.channels
        else:
            channels = tuple(self.channels[c] for c in later.channels)
        grid = later.grid if self.grid is None else self.grid.then(later.grid or Grid())
        return Part(channels, grid)

    def dims(self, whole: Sequence[int]) -> tuple[int, ...]:
        """The shape of the part of an activation of that shape."""
        found = list(whole)
        if self.grid is not None:
            found[1:-1] = self.grid.sizes(whole[1:-1])
        if self.channels is not None:
            found[-1] = len(self.channels)
        return tuple(found)

    def slices(self, rank: int) -> tuple[slice, ...]:
        """The positions of an activation of that rank, along the dimensions between the first and the last."""
        return () if self.grid is None else self.grid.slices[4 - rank :]

    def of(self, values: Array) -> Array:
        values = values if self.grid is None else self.grid.of(values)
        return values if self.channels is None else values[..., list(self.channels)]


@dataclasses.dataclass(frozen=True, slots=True)
class Parts:
    """Of all activations; what is not named is there whole."""

    by_name: Mapping[str, Part] = dataclasses.field(default_factory=dict)

    @classmethod
    def of_channels(cls, left: Mapping[str, Sequence[int]]) -> "Parts":
        return cls({name: Part(channels=tuple(at)) for name, at in left.items()})

    @classmethod
    def of_grids(cls, left: Mapping[str, Grid]) -> "Parts":
        return cls({name: Part(grid=grid) for name, grid in left.items()})

    def __getitem__(self, name: str) -> Part:
        return self.by_name.get(name, Part())

    def then(self, later: "Parts") -> "Parts":
        """What is left after both of two changes."""
        return Parts({name: self[name].then(later[name]) for name in {**self.by_name, **later.by_name}})
