"""The pass contract: a model in, a new model out, with what must hold before and after."""

import abc
import dataclasses
from collections.abc import Iterable, Iterator, Sequence

from packager.errors import Diagnostic, EdgePackError
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PassResult:
    model: Model
    changed: bool
    notes: tuple[Diagnostic, ...] = ()
    """What was changed, for the report."""


class Pass(abc.ABC):
    """One rewrite. `requires` and `ensures` yield a sentence for each condition that does not hold."""

    @property
    def name(self) -> str:
        return type(self).__name__

    def requires(self, model: Model) -> Iterable[str]:  # noqa: ARG002 - the default asks for nothing
        return ()

    @abc.abstractmethod
    def apply(self, model: Model) -> PassResult: ...

    def ensures(self, model: Model) -> Iterable[str]:  # noqa: ARG002 - the default promises nothing
        return ()


class PassError(EdgePackError):
    """A pass was asked for what it can't do, or broke its promise: a fault of ours, hence exit code 1."""


def run_passes(model: Model, passes: Sequence[Pass]) -> Iterator[tuple[str, PassResult]]:
    """Run passes in order, yielding each result, so that a caller can save, time or stop.

    Raises:
        PassError: a condition does not hold; the message names the pass, the hint those before it.
    """
    done: list[str] = []
    for step in passes:
        before = f"passes already run: {', '.join(done) or 'none'}"
        for problem in step.requires(model):
            raise PassError(f"{step.name} cannot run: {problem}", hint=before)
        result = step.apply(model)
        for problem in step.ensures(result.model):
            raise PassError(f"{step.name} broke its promise: {problem}", hint=before)
        model = result.model
        done.append(step.name)
        yield step.name, result


def apply_passes(model: Model, passes: Sequence[Pass]) -> Model:
    """Run passes in order and return the last model."""
    for _, result in run_passes(model, passes):
        model = result.model
    return model
