"""Microcontrollers: the model as C99 sources for the firmware's own build, and the TFLite file they were made from."""

from collections.abc import Iterable

from packager.bundle import Entry
from packager.config.profile import Memory
from packager.config.recipe import CALIBRATED
from packager.emit.c import Target, emit_c, target_of, unsupported
from packager.emit.runner import render
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.families._contract import Family, Job, Product
from packager.families._order import in_best_order
from packager.families._room import arena_of, exceeds, with_arena
from packager.families._zeros import with_savings
from packager.ir import DType, Model, write_tflite
from packager.plan.cost import cost_of
from packager.plan.memory import plan_memory

_INTEGERS = frozenset({DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64})
"""Types of activations in a model of full integers."""


class Microcontroller:
    """The family `microcontroller`. Nothing in its bundle lands on the device as it is: the sources are compiled."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        profile, model = job.profile, job.quantized.model
        if profile.cpu is None:
            yield _error("the profile has no [cpu] table", "add it to the target's file")
        if profile.memory.flash_bytes is None:
            yield _error("the profile has no memory.flash_bytes", "add it to the target's file")
        problems = tuple(_not_integer(job)) or unsupported(model, job.arithmetic)
        yield from problems
        if not problems:
            yield from _too_large(in_best_order(job).quantized.model, profile.memory)

    def emit(self, job: Job) -> Product:
        """Write the sources.

        Raises:
            UnsupportedError: the arena with the kernels' scratch exceeds the RAM, which the plan alone did not.
        """
        job = in_best_order(job)
        assert job.profile.cpu is not None, "check comes first"
        target = target_of(job.profile.cpu, flash=True)
        generated = _in_c(job, target)
        if _too_wide(job, generated):  # Weights that are unpacked at run time take RAM.
            target = target.without("packs").without("indexes")
            generated = _in_c(job, target)
        if problems := _too_wide(job, generated):
            raise UnsupportedError.from_diagnostics(job.profile.name, problems)
        arena = arena_of(generated)
        model = Entry(path="model/model.tflite", content=write_tflite(job.quantized.model), role="source")
        page = render(
            "runner/microcontroller/README.md.j2",
            name=job.name,
            version=job.version,
            title=job.profile.title,
            cpu=job.profile.cpu,
            memory=job.profile.memory,
            arena=arena,
            arithmetic=job.arithmetic,
        )
        product = Product(
            files=(model, Entry(path="runtime/README.md", content=page, role="doc"), *generated),
            artifact=model.path,
            engine="c",
            model=job.quantized.model,
        )
        return with_arena(with_savings(product, job, target), job, target)


def _in_c(job: Job, target: Target) -> tuple[Entry, ...]:
    title = f"{job.name} {job.version}"
    model, prefix = job.quantized.model, job.c_prefix
    return emit_c(model, job.arithmetic, job.golden, name=title, prefix=prefix, target=target)


def _too_wide(job: Job, generated: Iterable[Entry]) -> tuple[Diagnostic, ...]:
    what = "the arena, with what kernels need while they run,"
    return tuple(exceeds(what, arena_of(generated), job.profile.memory.ram_bytes, "RAM"))


def _not_integer(job: Job) -> Iterable[Diagnostic]:
    graph = job.quantized.model.main
    if job.recipe.scheme not in CALIBRATED:
        hint = f"take a recipe of the scheme {' or '.join(sorted(CALIBRATED, reverse=True))}"
        yield _error(f"recipe {job.recipe.name!r} is {job.recipe.scheme}", hint)
        return
    tensors = dict.fromkeys((*graph.inputs, *graph.activations()))
    if strange := [t for t in tensors if graph.type_of(t).dtype not in _INTEGERS]:
        more = f", and {len(strange) - 1} more" if len(strange) > 1 else ""
        yield _error(
            f"is {graph.type_of(strange[0]).dtype}{more}: a microcontroller takes integers only",
            "calibrate with --calibration, and ask for integer --inputs and --outputs",
            where=f"tensor {graph.tensors[strange[0]].name!r}",
        )


def _too_large(model: Model, memory: Memory) -> Iterable[Diagnostic]:
    """What can't fit whatever the code is: constants against flash, activations against RAM."""
    if memory.flash_bytes is not None:
        yield from exceeds("the constants, code aside,", cost_of(model).constant_bytes, memory.flash_bytes, "flash")
    yield from exceeds("the arena of activations", plan_memory(model).arena_bytes, memory.ram_bytes, "RAM")


def _error(message: str, hint: str, where: str = "") -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, message=message, hint=hint, where=where)


FAMILY: Family = Microcontroller()
