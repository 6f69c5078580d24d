"""What an operator becomes in hardware: a chain of processes, and how it may be folded."""

import dataclasses
import functools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from packager.ir import ABSENT, Activation, DType, Graph, Node, TensorType
from packager.ops import Call, call_of
from packager.ops._requantize import limits
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, in_luts

Ints = npt.NDArray[Any]

MOST_LANES = 64
"""Lanes of one stream, and rows of one matrix unit: wider words route badly, and no part here profits."""

_MOST_FILL = 1.2


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


def divisors(count: int, most: int = MOST_LANES) -> list[int]:
    """Every divisor of `count` up to `most`, ascending."""
    return [d for d in range(1, min(count, most) + 1) if count % d == 0]


def row_folds(count: int, most: int = MOST_LANES) -> list[int]:
    """Rows of a matrix unit for `count` outputs, ascending: for each number of groups the least that does.

    The last group may be filled up with rows of zeros; that is worth it between the divisors of `count`, as far as no
    more than a fifth is wasted.
    """
    found = {-(-count // groups) for groups in range(1, count + 1)}
    return sorted(pe for pe in found if pe <= most and -(-count // pe) * pe <= _MOST_FILL * count)


def lane_folds(count: int, most: int = MOST_LANES) -> list[Fold]:
    """Folds of a process that reads and writes the same number of lanes."""
    return [Fold(simd=d, pe=d) for d in divisors(count, most)]


def activation_problem(op: Op) -> Iterator[Problem]:
    activation = int(op.node.attrs.get("fused_activation_function", 0) or 0)
    clamps = (Activation.NONE, Activation.RELU, Activation.RELU_N1_TO_1, Activation.RELU6)
    if activation not in clamps:
        yield Problem(f"fused {Activation(activation).name} is not a clamp", "use RELU or RELU6")


def quantization_problem(op: Op, types: tuple[DType, ...] = (DType.INT8,)) -> Iterator[Problem]:
    """Every stream in and out must be int8, or of the given types, with one scale that is none of nothing."""
    for t in (*op.streams(), *op.node.outputs):
        tensor = op.graph.tensors[t]
        quant = tensor.type.quant
        if tensor.type.dtype not in types:
            yield Problem(
                f"{tensor.name!r} is {tensor.type.dtype}, streams carry int8",
                "quantize the whole model to int8, with int8 inputs and outputs",
            )
        elif not tensor.type.is_quantized or quant is None or quant.is_per_channel:
            yield Problem(f"{tensor.name!r} has no single scale", "quantize activations per tensor")
        elif not quant.scale[0] > 0:
            yield Problem(
                f"{tensor.name!r} has scale {quant.scale[0]:g}: its integers stand for nothing",
                "calibrate with inputs for which it varies",
            )


def in_groups(values: Ints, pe: int, fill: int = 0) -> Ints:
    """``[channels]`` as ``[channels / pe, pe]``, the last group filled up."""
    flat = np.asarray(values).reshape(-1)
    return np.pad(flat, (0, -len(flat) % pe), constant_values=fill).reshape(-1, pe)
