"""The nouns of pruning: slots and ties (what goes together), bounds (what it can be), plans and their cuts."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from packager.errors import Diagnostic, Severity
from packager.ir import Graph, Model, Node

Array = npt.NDArray[Any]
Real = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_BLOCK = 1 << 21
"""Weights that are looked at together, as float64: 16 MiB, however large the layer."""


class Slot(NamedTuple):
    """One axis of one tensor."""

    tensor: int
    axis: int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tie:
    """Elements of two axes that stay or go together: ``at_a[i]`` of `a` with ``at_b[i]`` of `b`."""

    a: Slot
    b: Slot
    at_a: Int
    at_b: Int


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bounds:
    """The smallest and largest value of each channel of a tensor, whatever the model's input.

    Values are the tensor's own: integers of a quantized tensor. Infinite where nothing is known of a float.
    """

    low: Real
    high: Real

    @property
    def constant(self) -> Mask:
        """Which channels hold one value everywhere."""
        same: Mask = (self.low == self.high) & np.isfinite(self.low)
        return same


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Product:
    """A layer whose every output channel is a weighted sum over all input channels."""

    out: Slot
    """The axis of the weights over output channels."""
    into: Slot
    """The axis of the weights over input channels."""
    weights: Array
    """``[out, taps, in]``, a view of the constant."""
    bias: Real
    """``[out]``, zeros where the layer has none."""
    zero_point: int
    """Of the weights."""
    input_zero: int
    """Zero point of the input."""
    patterns: Mask | None
    """``[n, taps]``: the sets of taps that lie inside the input, at its borders and away from them; None where all
    always do."""

    def blocks(self) -> Iterator[tuple[slice, Real]]:
        """Yield rows of the weights as float64 less the zero point, in blocks of bounded size."""
        rows = max(1, _BLOCK // max(1, self.weights[:1].size))
        for start in range(0, len(self.weights), rows):
            part = slice(start, min(start + rows, len(self.weights)))
            yield part, _effective(self.weights[part], self.bias[part], self.zero_point)


def _effective(weights: Array, bias: Real, zero_point: int) -> Real:
    """Weights less their zero point, rows without effect as zeros.

    Training with weight decay leaves 1e-30 where it means zero. Where the sum of the magnitudes is under 2^-36 of the
    bias, inputs up to 2^11 vanish in the rounding of a float32 addition to that bias: the row is as good as zero.
    """
    real: Real = weights.astype(np.float64) - zero_point
    if weights.dtype.kind == "f":
        real[np.abs(real).sum(axis=(1, 2)) <= np.abs(bias) * 2.0**-36] = 0
    return real


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """How channels pass through an operator.

    A module ``packager.prune.ops.<operator in lower case>`` holds one as `FLOW`; channels that meet an operator without
    one stay.
    """

    ties: Callable[[Graph, Node], Sequence[Tie] | None]
    """Which elements of its inputs, constants and outputs go together; None where this use is not understood."""
    bounds: Callable[[Graph, Node, Mapping[int, Bounds]], Bounds]
    """Of its first output, from those of its inputs, constants included."""
    product: Callable[[Graph, Node], Product | None] = lambda graph, node: None  # noqa: ARG005 - most make no channels
    """Of a layer that makes new channels from old, where `ties` understands it."""
    refit: Callable[[Graph, Node], Mapping[int, Array]] = lambda graph, node: {}  # noqa: ARG005 - most need nothing
    """Constants that hold shapes, by tensor index, after the graph's types have changed."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cut:
    """What one layer loses, and why."""

    index: int
    where: str
    channels: int
    """Before."""
    removed: int
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.removed} of {self.channels} channels: {self.reason}"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PrunePlan:
    """What is kept of each axis, and what is added to biases; made before anything is changed."""

    keep: Mapping[Slot, Mask]
    """Only axes that lose something."""
    folds: Mapping[int, Real]
    """By operator index: what constant channels that go contributed to each of its output channels, in units of its
    accumulator."""
    cuts: tuple[Cut, ...]
    channels: int
    """Of all layers together, before."""

    @property
    def removed(self) -> int:
        return sum(cut.removed for cut in self.cuts)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pruned:
    """The outcome."""

    model: Model
    plan: PrunePlan
    bytes_before: int
    """Of constants."""
    bytes_after: int
    what: str = "channels that can't change the output were removed"
    """In a clause, for the note."""

    def notes(self) -> tuple[Diagnostic, ...]:
        """One line of what was removed, and one a layer; nothing where nothing was."""
        if not self.plan.cuts:
            return ()
        total = (
            f"{self.what}: {self.plan.removed} of {self.plan.channels} channels; weights shrink from"
            f" {self.bytes_before} to {self.bytes_after} bytes"
        )
        lines = [("", total), *((c.where, f"{c.removed} of {c.channels} channels: {c.reason}") for c in self.plan.cuts)]
        return tuple(Diagnostic(severity=Severity.NOTE, where=where, message=text) for where, text in lines)
