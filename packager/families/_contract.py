"""What a target family is asked, and what it answers."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Protocol

from packager.bundle import Entry
from packager.config.profile import Profile
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import Diagnostic
from packager.figure import Figure, Layer, Place
from packager.ir import Model
from packager.plan.memory import MemoryPlan
from packager.quantize import Quantized
from packager.util.once import Once


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One model for one target."""

    name: str
    """Of the bundle, a safe file name."""
    version: str
    profile: Profile
    recipe: Recipe
    arithmetic: str
    quantized: Quantized
    """The integer model, the float model it came from (where there is one) and the calibrated ranges."""
    golden: Samples
    """Golden inputs, in the integer model's own types, a handful."""
    source_onnx: bytes | None = None
    """The source's own ONNX graph, where it is one; see `Source.onnx`."""
    calibration: Samples | None = None
    """Real values for the inputs of the float model."""
    once: Once = dataclasses.field(default_factory=Once, compare=False, repr=False)
    """What the jobs of one `quantized` have in common, boards of one compiler above all. A key starts with the name of
    what is made, and holds all of the job that it hangs on beside name, version, `quantized`, `golden` and samples."""
    c_prefix: str = "model"
    """Of the names that the C runtime exports."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """What a family makes of a job: files, and what is known of them. Nothing is written yet."""

    files: tuple[Entry, ...]
    artifact: str
    """The path in the bundle of the file that the device runs: ``model/model.tflite``."""
    engine: str
    """The engine that runs the artifact on this machine: ``litert``, ``onnxruntime``, ``hls``."""
    model: Model | None = None
    """The integer model of the artifact, where the family rewrote the job's."""
    engines: tuple[str, ...] = ()
    """Other engines of this machine that run what is in the bundle: ``c``."""
    figures: tuple[Figure, ...] = ()
    placements: Mapping[int, tuple[Place, str]] = dataclasses.field(default_factory=dict)
    """Operator index of the artifact's model (`model_of`) to its place and the reason; others run at `default`."""
    default: Place = Place.CPU
    latencies: Mapping[int, float] = dataclasses.field(default_factory=dict)
    """Operator index to estimated milliseconds on the target."""
    layers: tuple[Layer, ...] = ()
    """The report's rows, where the artifact is a graph of its own, with operators other than the model's; what is said
    of the model's operators and of its arena is then left out."""
    memory: MemoryPlan | None = None
    """Where activations lie on the device, if the artifact keeps them otherwise than the plan of the model alone."""
    diagnostics: tuple[Diagnostic, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    """Name and version of the outside tools that had a part in it."""

    def model_of(self, job: Job) -> Model:
        """The integer model whose numbers the artifact computes, and whose operators the report lists."""
        return self.model or job.quantized.model


class Family(Protocol):
    """A module `packager.families.<name>` exports one as `FAMILY`."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        """Everything that keeps the job from being built, found before anything is made."""

    def emit(self, job: Job) -> Product: ...
