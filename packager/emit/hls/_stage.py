"""One process of the dataflow, and the constants that it is given."""

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.plan.fpga_estimate import Cost, in_luts

Ints = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Array:
    """A constant of the generated code: ``static const <ctype> <name>[...]``."""

    name: str
    """Without the operator's own prefix."""
    ctype: str
    values: Ints
    reshape: tuple[int, ...] = ()
    """Dimensions (from 1) that one cycle reads whole."""
    bind: str = ""
    """What the project binds it to, ``bram`` or ``lutram``; ``template`` where its template does, empty for what
    `fpga_estimate.memory` counts."""

    @property
    def bits(self) -> int:
        """Of a value: 16 of ``uint16_t``."""
        return int("".join(filter(str.isdigit, self.ctype)))

    @property
    def storage(self) -> str:
        """What the project binds it to; empty for constants that are wires, and those that a template binds."""
        depth = len(self.values)
        if depth < 2 or self.bind == "template":
            return ""
        if self.bind:
            return self.bind
        width = self.bits * math.prod(self.values.shape[d - 1] for d in self.reshape)
        return "lutram" if in_luts(width, depth) else "bram"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One process of the dataflow: a call of a function template between streams."""

    name: str
    """What it does, in a word: ``window``, ``matrix``."""
    call: str
    """The template with its arguments; ``{shape}`` stands for the operator's window shape."""
    lanes_in: int
    lanes_out: int
    values: int
    """That it writes a frame."""
    cycles: int
    """A frame."""
    cost: Cost
    filling: int = 0
    """Of the cycles: those in which it only reads, so that whoever reads from it has nothing to do."""
    straight: int = 0
    """Of the cycles: those that are spent outside pipelined loops."""
    starts: int = 1
    """Pipelines that fill and drain in a frame, one after the other; what each takes is not in the cycles."""
    bits_in: int = 8
    bits_out: int = 8
    arrays: Callable[[], tuple[Array, ...]] = tuple
    """Made only when code is written: folding looks at thousands of stages."""
    scalars: tuple[int, ...] = ()
    """Arguments after the arrays."""
    tokens_in: int = 0
    """Beats it must have read before its first write, for the latency."""
    tokens_left: int = 0
    """Beats that it reads after its last write."""
    burst: int = 0
    """Beats that it writes ahead of a reader that keeps up on average: so many should fit behind it."""
    ahead: int = 0
    """Beats that should fit in front of it, so that whoever writes need not stop while it reads nothing."""
    shape: str = ""
    """Definition of the window's shape, where the call names one."""
    loose: bool = False
    """It takes its input in another order than it gives it out, so nothing is known of how far it runs behind."""
    sum: str = ""
    """How `cycles` comes about, for the report: ``64 pixels x 16/8 x 9 taps``."""
    saved: str = ""
    """What zero weights save, for the report."""


def in_groups(values: Ints, pe: int, fill: int = 0) -> Ints:
    """``[channels]`` as ``[channels / pe, pe]``, the last group filled up."""
    flat = np.asarray(values).reshape(-1)
    return np.pad(flat, (0, -len(flat) % pe), constant_values=fill).reshape(-1, pe)
