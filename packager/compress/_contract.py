"""What a compression step is: parameters, a check before anything is done, and a smaller model with its reasons."""

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from packager.compress._parts import Parts
from packager.config.samples import Samples
from packager.errors import Diagnostic
from packager.figure import Curve, Table
from packager.ir import Graph, Model

Array = npt.NDArray[Any]
Mask = npt.NDArray[np.bool_]
P = TypeVar("P")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How good a model is on some inputs, and how far it went from the original."""

    metric: str
    """``accuracy`` (where there are labels), ``agreement`` (of the class with the original's; both in percent), or
    ``sqnr`` (of the outputs against the original's, in dB) of what is no classifier."""
    value: float
    loss: float
    """Distillation loss: of a classifier the mean Kullback-Leibler divergence of its class probabilities from the
    original's, in nats; else noise energy over signal energy. 0 where nothing changed."""

    @property
    def unit(self) -> str:
        return "dB" if self.metric == "sqnr" else "%"

    def __str__(self) -> str:
        return f"{self.metric} {self.value:.2f} {self.unit}"


class Work(enum.StrEnum):
    """What a step may leave that a later one can undo, as a message names it."""

    CHANNELS = "the smaller layers"
    CHOICE = "the choice of schemes"
    CLUSTERS = "the shared weights"
    FACTORS = "the factors"
    PATTERN = "the pattern of zeros"
    POSITIONS = "the positions that are left"
    RANGES = "the learned ranges"
    ZEROS = "the zeros"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Clusters:
    """Weights that share few integers."""

    index: Array
    """int32, of the constant's shape: weights of one number are one integer."""
    units: Array
    """float32, of the constant's shape: what that integer counts."""

    def hold(self, weights: Array) -> bool:
        """Whether weights of one number still are one integer."""
        if self.index.shape != weights.shape:
            return False
        codes = np.rint(weights / self.units)
        first: Array = np.zeros(int(self.index.max()) + 1)
        first[self.index] = codes
        return bool((first[self.index] == codes).all())


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Kept:
    """What later steps, and quantization, must keep."""

    masks: Mapping[str, Mask] = dataclasses.field(default_factory=dict)
    """By the name of a weights tensor: False where a value is and stays zero."""
    clusters: Mapping[str, Clusters] = dataclasses.field(default_factory=dict)
    """By the name of a weights tensor: which of them share an integer."""
    schemes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """By operator name: the scheme that it gets in place of the recipe's ``int8``, as a rule of the recipe."""
    reasons: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """By operator name: why, in a clause."""
    parts: Parts | None = dataclasses.field(default_factory=Parts)
    """Which part of the original's activations the model holds; None where they stand for the original's no longer."""

    def holding(self, left: Parts) -> "Kept":
        """The same, where of the activations that there were so much is left."""
        return self if self.parts is None else dataclasses.replace(self, parts=self.parts.then(left))


class Measure(Protocol):
    """Scores models on the tuning inputs, labels or not; many at once cost one child process."""

    def __call__(self, models: Sequence[Model]) -> tuple[Score, ...]: ...


class Load(Protocol):
    """Reads a data file for the inputs of the model, checked as calibration data is; a relative path is the table's."""

    def __call__(self, path: str, *, labels: bool | None) -> Samples:
        """With labels, without, or, for None, with those that the file has."""
        ...


class Count(Protocol):
    """Instructions of an operator on the CPU of a target."""

    def __call__(self, graph: Graph, index: int, width: int = 0) -> float | None:
        """With activations of 8 or 16 bits, by default its own; None where operators of its kind were not counted."""
        ...


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Context:
    """What a step may look at beside the model."""

    tuning: Samples
    """The calibration inputs, with labels where their file has some. The evaluation inputs are never shown to a step:
    they score it."""
    teacher: Model
    """The float model before the first step, normalised, its dead channels removed."""
    measure: Measure
    load: Load
    source: Path
    """The model file or folder as the user gave it, for a step that trains it in its own framework."""
    folder: Path = Path()
    """What paths among a step's options are relative to."""
    training: Samples | None = None
    """What ``--train`` gave, with labels where it has some; a step that trains takes `tuning` where there is none."""
    seed: int = 0
    multiple_of: int = 1
    """Channels come in multiples of so many where a step chooses a width: what all targets like."""
    block: tuple[int, int] = (16, 4)
    """Outputs by inputs that the kernels of all targets skip where the weights of all of them are zero."""
    counts: Mapping[str, Count] = dataclasses.field(default_factory=dict)
    """By target, where instructions are known for both widths of activations."""
    uncounted: tuple[str, ...] = ()
    """The other targets."""
    kept: Kept = dataclasses.field(default_factory=Kept)
    """Of earlier steps."""
    curves: tuple[Curve, ...] = ()
    """That earlier steps measured."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Compressed:
    """The outcome of one step."""

    model: Model
    """Float; the same inputs and outputs."""
    summary: str
    """What was done, in a clause with its numbers."""
    changes: tuple[Diagnostic, ...] = ()
    """What each layer lost, a note each."""
    parts: Parts = dataclasses.field(default_factory=Parts)
    """Which part of the activations that the step was given is left."""
    rescaled: bool = False
    """Whether channels of activations were multiplied by factors that later layers take back."""
    table: Table | None = None
    """The same for the report, where more than a note is to be said; else the changes are shown."""
    kept: Kept | None = None
    """What later steps must keep from now on; None for what they had to before."""
    curves: tuple[Curve, ...] = ()
    """That this step measured."""
    tools: tuple[tuple[str, str], ...] = ()
    """Names and versions of libraries that changed the model."""

    def leaves(self, earlier: Kept) -> Kept:
        """What steps after this one must keep, and may compare with the original's."""
        kept = self.kept or earlier
        return dataclasses.replace(kept, parts=None) if self.rescaled else kept.holding(self.parts)


def _nothing(*_: Any) -> Iterable[Any]:
    return ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Step(Generic[P]):
    """One way to make a model smaller or faster.

    A module ``packager.compress.<name>`` holds one as `STEP`; a file's ``step = "<name>"`` finds it.
    """

    title: str
    """In a few words: ``channel pruning``."""
    parameters: type[P]
    """A frozen dataclass; its fields are the keys of the step's table."""
    apply: Callable[[Model, P, Context], Compressed]
    """Compress. Raises `ConfigError` or `UnsupportedError` where only the work itself could tell."""
    problems: Callable[[P], Iterable[tuple[str, str]]] = _nothing
    """What TOML's types can't tell is wrong with the parameters, before any file is read: pairs of message and hint."""
    check: Callable[[Model, P, Context], Iterable[Diagnostic]] = _nothing
    """Why the step can't take the model, found before any step has run, on the model as it is before the first: errors
    refuse the build (exit code 6). What is wrong with the request (a name, the data) is raised as `ConfigError`."""
    files: tuple[str, ...] = ()
    """Options that name a file, whose hash the manifest holds."""
    settles: Work | None = None
    """What it leaves that a later step could undo."""
    undoes: frozenset[Work] = frozenset()
    """What is lost by it where an earlier step settled that: such an order is refused."""
    refine: Callable[[Model, Model, P, Context], Compressed] | None = None
    """Correct the quantized model (first argument, with the float one that it was made from as the second), where the
    step has something to do there; for every recipe of the build."""
