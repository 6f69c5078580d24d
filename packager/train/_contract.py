"""The nouns of training: what an operator is to it, what goes to the child, and what comes back."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.training import Training
from packager.ir import ABSENT, Graph, Model, Node, TensorType

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One operator over a batch, in the child."""

    graph: Graph
    node: Node
    inputs: tuple[Any, ...]
    """TensorFlow's tensors ``[count, ...]``, numpy arrays for constants, None for an optional input left out."""

    @property
    def attrs(self) -> Mapping[str, Any]:
        return self.node.attrs

    @property
    def output(self) -> TensorType:
        return self.graph.type_of(self.node.outputs[0])

    def type_of(self, position: int) -> TensorType:
        return self.graph.type_of(self.node.inputs[position])

    def has(self, position: int) -> bool:
        return len(self.inputs) > position and self.inputs[position] is not None

    def ints(self, position: int) -> list[int]:
        """A constant that holds a shape, axes or edges."""
        return [int(v) for v in np.asarray(self.inputs[position]).ravel()]


def no_problem(graph: Graph, node: Node) -> str:  # noqa: ARG001 - the signature of Trainable.problem
    return ""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Trainable:
    """One operator as TensorFlow computes and differentiates it.

    A module of `packager.train.ops` holds those of one family in `OPS`, by the operator's name.
    """

    build: Callable[[Call], Any]
    """The output's values, or a list of them, before a fused activation; runs where TensorFlow is."""
    weights: Mapping[int, int] = dataclasses.field(default_factory=dict)
    """Positions of inputs that are trained where they are constants, with the axis that runs over output channels."""
    filters: int = ABSENT
    """Of those, the input that an integer model holds in int8; its scales run along the axis above."""
    carries: bool = False
    """Whether the integers of its output mean what those of its input mean: it moves or picks values."""
    problem: Callable[[Graph, Node], str] = no_problem
    """Why this use can't be trained; empty where it can."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Held:
    """What training must leave as it is of one constant."""

    mask: Array | None = None
    """Boolean, of the constant's shape: False where a weight is zero and stays so."""
    clusters: Array | None = None
    """int32, of the constant's shape: weights of one number share one value, which is trained."""
    units: Array | None = None
    """float32, of the constant's shape: shared values are whole numbers of these, as integers are of their channel's
    scale. Zero and the largest magnitudes stay, and with them the scales; the others are trained, and rounded at the
    end."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FakeQuant:
    """How the integer model will round, for quantization-aware training."""

    ranges: Mapping[int, tuple[float, float]]
    """By tensor index, what each activation's integers cover at first; trained. Others pass unrounded."""
    levels: int = 256
    """Of an activation's integers."""
    symmetric: bool = False
    """Whether zero point is 0."""
    per_channel: Mapping[int, bool] = dataclasses.field(default_factory=dict)
    """By operator index, whether its filters have a scale per channel; operators that are not named stay float."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hint:
    """An activation of the student that stands for a part of one of the teacher's."""

    teacher: int
    """The teacher's tensor."""
    channels: Array
    """Which of its channels the student's are, in their order."""
    positions: tuple[slice, ...] = ()
    """Which of its positions the student's are, along the dimensions behind the first; all where there are none."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hints:
    """Activations that are matched beside the outputs."""

    by_tensor: Mapping[int, Hint]
    """By the student's tensor index."""
    weight: float
    """Of their mean relative squared error, beside a loss of the outputs that counts 1."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Example:
    """What is trained on: one array an input ``[count, ...]``, and labels ``[count]`` where there are some."""

    inputs: tuple[Array, ...]
    labels: Array | None = None

    @property
    def count(self) -> int:
        return len(self.inputs[0])


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Job:
    """What the child is asked; models travel as files."""

    student: bytes
    teacher: bytes | None
    data: Example
    how: Training
    held: Mapping[int, Held]
    quant: FakeQuant | None = None
    hints: Hints | None = None
    sparsify: Mapping[int, float] = dataclasses.field(default_factory=dict)
    """By tensor index, the share of zeros that a constant reaches, along a cubic schedule."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Epoch:
    """How one pass over the data went."""

    loss: float
    """Mean over its steps."""
    held_out: float | None
    """The loss on what was held out, None where nothing was."""
    accuracy: float | None
    """On what was held out, in percent; None without labels."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcome:
    """What the child answers."""

    weights: Mapping[int, Array]
    ranges: Mapping[int, tuple[float, float]]
    epochs: tuple[Epoch, ...]
    best: int
    """Index of the epoch whose weights these are; -1 where none was better than what it started from."""
    start: float | None
    """The loss on what was held out before training."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trained:
    """A model with new weights, of the same shapes."""

    model: Model
    epochs: tuple[Epoch, ...]
    best: int
    start: float | None
    tools: tuple[tuple[str, str], ...] = ()
