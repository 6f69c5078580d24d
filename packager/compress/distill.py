"""Knowledge distillation: a smaller model of the user's takes the place of the original, and learns its answers."""

import dataclasses
from collections.abc import Iterator

from packager.compress import _training
from packager.compress._contract import Compressed, Context, Kept, Step, Work
from packager.compress._training import TrainingStep, compressed, trained
from packager.errors import ConfigError, Diagnostic, Severity
from packager.frontends import ReadOptions, read_model
from packager.ir import Model
from packager.passes import normalise
from packager.prune import work_of


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Distill(TrainingStep):
    student: str
    """A model file of any front end, relative to the step's file: trained already or not."""
    epochs: int = 60
    learning_rate: float = 0.02
    """Ten times that of other steps, for a student that was never trained; one that was keeps its weights where no
    epoch is better."""


def check(model: Model, how: Distill, context: Context) -> Iterator[Diagnostic]:
    """What keeps either model from being trained or computed.

    Raises:
        ConfigError: no such file, or a student of other inputs or outputs.
        ToolError: TensorFlow is not installed.
        UnsupportedError: the file can't be read as a model.
    """
    student = _student(how, context)
    found = list(_training.check(student, how, context))
    yield from (dataclasses.replace(d, message=f"the student: {d.message}") for d in found)
    if found:
        return
    for diagnostic in _training.check(model, dataclasses.replace(how, freeze=()), context):
        yield dataclasses.replace(diagnostic, message=f"the teacher: {diagnostic.message}")
    for what, own, other in (
        ("inputs", student.input_types(), model.input_types()),
        ("outputs", student.output_types(), model.output_types()),
    ):
        if [t.dims for t in own] != [t.dims for t in other]:
            yield Diagnostic(
                severity=Severity.ERROR,
                message=f"{what} of {how.student} are {[list(t.dims) for t in own]},"
                f" those of {model.name} {[list(t.dims) for t in other]}",
                hint="a student takes and gives what its teacher does",
            )


def apply(model: Model, how: Distill, context: Context) -> Compressed:
    """Train the student; the model as it came is its teacher, and is replaced."""
    student = _student(how, context)
    done = trained(student, how, dataclasses.replace(context, kept=Kept()), teacher=model)
    gone = 1 - work_of(student.main) / work_of(model.main)
    what = f"{how.student} takes the model's place, {gone:.1%} of the multiply-accumulates gone; trained"
    return dataclasses.replace(compressed(done, how, context, what=what), kept=Kept(parts=None))


def _student(how: Distill, context: Context) -> Model:
    path = context.folder / how.student
    if not path.exists():
        raise ConfigError(f"student: {path}: no such file", hint="name a model file, relative to the step's file")
    return normalise(read_model(path, ReadOptions()).model)


STEP = Step(
    title="distillation into a student",
    parameters=Distill,
    problems=_training.problems,
    check=check,
    apply=apply,
    files=("train", "student"),
    undoes=frozenset(Work),
)
