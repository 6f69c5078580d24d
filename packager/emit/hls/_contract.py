"""What an operator becomes in hardware: a chain of processes, and how it may be folded."""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import Protocol

from packager.emit.hls._stage import Ints, Stage
from packager.ir import ABSENT, Graph, Node, TensorType
from packager.ops import Call, call_of
from packager.ops._requantize import limits
from packager.plan.folding import Fold


@dataclasses.dataclass(frozen=True)
class Op:
    """An operator of the graph, seen by its layer; equal to another of the same graph and place."""

    graph: Graph
    index: int
    port: int = 0
    """Which of its outputs is looked at."""
    arithmetic: str = "integer"
    """Or ``fast17``."""

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.index]

    @property
    def label(self) -> str:
        """The prefix of its names in the code: ``conv_2d_3``."""
        return f"{self.node.op.lower()}_{self.index}" + (f"_part_{self.port}" if self.port else "")

    @property
    def where(self) -> str:
        return self.graph.where(self.index)

    @functools.cached_property
    def call(self) -> Call:
        return call_of(self.graph, self.node, self.arithmetic)

    @property
    def output(self) -> TensorType:
        return self.graph.type_of(self.node.outputs[self.port])

    @property
    def live(self) -> "tuple[Op, ...]":
        """Itself, once for each output that somebody reads."""
        read = {*self.graph.outputs, *(t for node in self.graph.nodes for t in node.inputs)}
        return tuple(dataclasses.replace(self, port=i) for i, t in enumerate(self.node.outputs) if t in read)

    def input(self, position: int) -> TensorType:
        return self.graph.type_of(self.node.inputs[position])

    def constant(self, position: int) -> Ints | None:
        """The elements of a constant input; None where it is absent or computed."""
        if position >= len(self.node.inputs) or self.node.inputs[position] == ABSENT:
            return None
        return self.graph.tensors[self.node.inputs[position]].data

    def streams(self) -> tuple[int, ...]:
        """Tensors that reach it at run time."""
        return tuple(t for t in self.node.inputs if t != ABSENT and not self.graph.tensors[t].is_constant)

    @functools.cached_property
    def clamp(self) -> tuple[int, int]:
        """Ends of the output's integers, the fused activation included."""
        activation = int(self.node.attrs.get("fused_activation_function", 0) or 0)
        return limits(self.output, activation, "integer")


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    message: str
    hint: str


@dataclasses.dataclass(frozen=True, slots=True)
class Feed:
    """How a layer's first process gets one of its streams."""

    tensor: int | None
    """None for a constant, which the first stage makes."""
    stages: tuple[Stage, ...] = ()
    """In between."""


class Layer(Protocol):
    """A module `packager.emit.hls.<operator>` exports one as `LAYER`."""

    parts: bool = False
    """Whether the operator may have several outputs; it is then built once for each."""
    in_turn: bool = False
    """Whether it reads its streams one after the other, so that each must wait for those before it."""

    def problems(self, op: Op) -> Iterator[Problem]:
        """What keeps this operator from being built; asked only of operators whose tensors are int8."""

    def folds(self, op: Op) -> Iterable[Fold]:
        """How it may be folded; never empty."""

    def feeds(self, op: Op, fold: Fold) -> tuple[Feed, ...]:  # noqa: ARG002 - for those that need more
        """The streams that its first process reads, in order."""
        return tuple(Feed(t) for t in op.streams())

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        """Return its processes in order; none for an operator that only renames its input.

        The first reads the operator's streams, the last writes its output.
        """
