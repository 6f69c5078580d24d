"""What an operator becomes in C: calls of kernels, with the constants they read."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from packager.emit.c._costs import ANY, Target
from packager.ir import ABSENT, Graph, Node, TensorType
from packager.ops import Call as Evaluation
from packager.ops import call_of
from packager.ops._requantize import activation_of, limits
from packager.plan.memory import ALIGNMENT

Ints = npt.NDArray[Any]
Fields = Mapping[str, Any]
"""A struct's fields by name: numbers, C expressions, or fields again for a struct within."""

WIDTHS = {
    "int8_t": 1,
    "uint8_t": 1,
    "int16_t": 2,
    "uint16_t": 2,
    "int32_t": 4,
    "int64_t": 8,
    "float": 4,
    "double": 8,
}
"""Bytes of the C types of constants."""
SCRATCH = "{scratch}"
"""Stands for the address of the layer's scratch bytes in a call's arguments."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """``const <ctype> model_<layer>_<name>[]``."""

    name: str
    ctype: str
    values: Ints

    @property
    def bytes(self) -> int:
        """As it lies among the other constants, each at an aligned address."""
        return -(-len(self.values) * WIDTHS[self.ctype] // ALIGNMENT) * ALIGNMENT


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """One call of a kernel."""

    kernel: str
    """Its file, `templates/c/kernels/<kernel>.h`."""
    arguments: tuple[str, ...]
    """C expressions after the struct: addresses in the arena or of constants."""
    fields: Fields
    function: str = ""
    """``ep_<kernel>_run`` by default."""
    struct: str = ""
    """``ep_<kernel>`` by default."""
    shares: bool = False
    """Whether the kernel takes threads, where they are asked for, and cuts its work into parts."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One operator's code."""

    invocations: tuple[Invocation, ...] = ()
    """In order; none for an operator whose output is its input's bytes."""
    constants: tuple[Constant, ...] = ()
    structs: tuple[tuple[str, str, tuple[Fields, ...]], ...] = ()
    """Static arrays that the calls name: type, name, elements."""
    scratch: int = 0
    """Bytes that it needs while it runs, in the arena."""
    reads_past: int = 0
    """Bytes that it may read behind its first input, in the arena."""
    defines: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Macros for the kernels; the largest value of all layers holds."""
    spared: int = 0
    """Bytes of constants that one scale for all channels takes the place of."""
    saved: "Saved | None" = None
    """Where zero weights are left out."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """What a layer saves by how its weights are stored."""

    form: str
    """``dense``, ``skips``, ``packs`` or ``indexes``, see `_stored`."""
    bytes: int
    """Of its constants, and of how many."""
    of_bytes: int
    macs: int
    """Of its multiplications, padding included, and of how many."""
    of_macs: int
    cost: float
    """Of the instructions for them, estimated, and of how many; negative where it takes more."""
    of_cost: float


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    message: str
    hint: str


@dataclasses.dataclass(frozen=True)
class Op:
    """An operator of the graph, seen by its kernel."""

    graph: Graph
    index: int
    arithmetic: str
    offsets: Mapping[int, int]
    """Of activations in the arena."""
    target: Target = ANY

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.index]

    @property
    def where(self) -> str:
        return self.graph.where(self.index)

    @functools.cached_property
    def evaluation(self) -> Evaluation:
        return call_of(self.graph, self.node, self.arithmetic)

    @property
    def output(self) -> TensorType:
        return self.graph.type_of(self.node.outputs[0])

    @property
    def attrs(self) -> Mapping[str, Any]:
        return self.node.attrs

    def input(self, position: int) -> TensorType:
        return self.graph.type_of(self.node.inputs[position])

    def constant(self, position: int) -> Ints | None:
        """The elements of a constant input; None where it is absent or computed."""
        if position >= len(self.node.inputs) or self.node.inputs[position] == ABSENT:
            return None
        return self.graph.tensors[self.node.inputs[position]].data

    def at_input(self, position: int, start: int = 0) -> str:
        """The C expression for the address of an input's element `start`."""
        t = self.node.inputs[position]
        if self.graph.tensors[t].is_constant:
            return f"model_tensor_{t} + {start}" if start else f"model_tensor_{t}"
        return self._at(t, start)

    def at_output(self, position: int = 0, start: int = 0) -> str:
        return self._at(self.node.outputs[position], start)

    def _at(self, t: int, start: int) -> str:
        return f"AT({self.offsets[t] + start * (self.graph.type_of(t).dtype.bits // 8)})"

    def symbol(self, name: str) -> str:
        """The C name of one of this layer's own constants."""
        return f"model_{self.index}_{name}"

    @functools.cached_property
    def clamp(self) -> tuple[int, int]:
        """Ends of the output's integers, the fused activation included."""
        return limits(self.output, activation_of(self.attrs), self.arithmetic)


class Kernel(Protocol):
    """A module `packager.emit.c.<operator>` exports one as `KERNEL`."""

    def problems(self, op: Op) -> Iterator[Problem]:
        """What keeps this operator from being generated."""

    def layer(self, op: Op) -> Layer:
        """Return its code; asked only where there are no problems."""


def padded(values: Ints, count: int) -> Ints:
    """``[n]`` with zeros added up to a multiple of `count`."""
    return np.pad(values, (0, -len(values) % count))
