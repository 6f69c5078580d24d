"""Which positions of an activation are left where a model computes fewer of them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
AXES = {"height": -3, "width": -2}
"""Spatial dimensions of ``[batch, height, width, channels]``, by the name that people give them: counted from the last,
so that width is that of ``[batch, width, channels]`` too, which one-dimensional convolutions leave."""


class Every(NamedTuple):
    """Positions ``first``, ``first + step``, ... along one dimension."""

    step: int = 1
    first: int = 0

    def then(self, later: "Every") -> "Every":
        """Of these positions those that another picks, counted as before either."""
        return Every(self.step * later.step, self.first + self.step * later.first)


class Grid(NamedTuple):
    """Positions in height and width."""

    height: Every = Every()
    width: Every = Every()

    def then(self, later: "Grid") -> "Grid":
        return Grid(*(own.then(other) for own, other in zip(self, later, strict=True)))

    def sizes(self, sizes: Sequence[int]) -> tuple[int, ...]:
        """How many positions are left of so many, ``(height, width)`` or ``(width,)``."""
        own = self[-len(sizes) :]
        return tuple(len(range(every.first, size, every.step)) for every, size in zip(own, sizes, strict=True))

    @property
    def slices(self) -> tuple[slice, slice]:
        rows, columns = (slice(every.first, None, every.step) for every in self)
        return rows, columns

    def of(self, values: Array) -> Array:
        """Those positions of ``[samples, height, width, channels]`` or ``[samples, width, channels]``."""
        return values[:, *self.slices[4 - values.ndim :]]

    def number(self, at: Array, now: tuple[int, int], before: tuple[int, int]) -> Array:
        """Number positions as they were before.

        Args:
            at: Numbers of positions, row by row, through all samples.
            now: Height and width of what is left.
            before: Of what was there.
        """
        sample, position = np.divmod(at, now[0] * now[1])
        row, column = np.divmod(position, now[1])
        rows = self.height.first + row * self.height.step
        found: Array = (sample * before[0] + rows) * before[1] + self.width.first + column * self.width.step
        return found


def joined(first: Mapping[str, Grid], later: Mapping[str, Grid]) -> dict[str, Grid]:
    """Grids by name after both of two changes."""
    return {name: first.get(name, Grid()).then(later.get(name, Grid())) for name in {*first, *later}}
