"""Computers with Linux: the TFLite file, a runner on LiteRT, and the model as C; the profile says which leads."""

from collections.abc import Iterable

from packager.bundle import Entry
from packager.config.recipe import CALIBRATED
from packager.emit.c import emit_c, target_of, unsupported
from packager.emit.runner import render
from packager.errors import Diagnostic, Severity
from packager.families._contract import Family, Job, Product
from packager.families._order import in_best_order
from packager.families._room import exceeds, with_arena
from packager.families._zeros import with_savings
from packager.ir import Model, write_tflite
from packager.plan.cost import cost_of
from packager.plan.memory import plan_memory

_MACHINES = ("aarch64", "armv7l", "x86_64")
"""Those with a wheel of LiteRT (aarch64, x86_64) or of its predecessor tflite-runtime (armv7l)."""
_ENGINES = ("litert", "c")


class RaspberryPi:
    """The family `raspberrypi`, which the target `host` is of as well."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        cpu, engine = job.profile.cpu, job.profile.engine
        if engine not in _ENGINES:
            yield _error(f"no engine {engine!r} is for this family", f"engine may be {' or '.join(_ENGINES)}")
        if cpu is None:
            yield _error("the profile has no [cpu] table", "add it to the target's file")
        elif cpu.machine not in _MACHINES:
            yield from _only_c(job, cpu.machine)
        model = in_best_order(job).quantized.model
        need = plan_memory(model).arena_bytes + cost_of(model).constant_bytes
        yield from exceeds("activations and constants, runtime aside,", need, job.profile.memory.ram_bytes, "RAM")

    def emit(self, job: Job) -> Product:
        job = in_best_order(job)
        assert job.profile.cpu is not None, "check comes first"
        generated, notes = _in_c(job)
        engine = "c" if generated and job.profile.engine == "c" else "litert"
        role = "source" if engine == "c" else "model"
        model = Entry(path="model/model.tflite", content=write_tflite(job.quantized.model), role=role)
        product = Product(
            files=(model, *_runtime(job, job.profile.cpu.machine, engine, in_c=bool(generated)), *generated),
            artifact=model.path,
            engine=engine,
            model=job.quantized.model,
            engines=tuple({"c", "litert"} - {engine}) if generated and job.profile.cpu.machine in _MACHINES else (),
            diagnostics=notes,
        )
        if not generated:
            return product
        target = target_of(job.profile.cpu)
        product = with_savings(product, job, target)
        return with_arena(product, job, target) if engine == "c" else product


def _only_c(job: Job, machine: str) -> Iterable[Diagnostic]:
    """What keeps a model from a CPU that no LiteRT is published for: whatever keeps it from becoming C."""
    if job.profile.engine != "c" or job.recipe.scheme not in CALIBRATED:
        hint = f'cpu.machine may be {", ".join(_MACHINES)}; with `engine = "c"` and an int8 recipe any'
        yield _error(f"no LiteRT is published for {machine!r}", hint)
    else:
        yield from unsupported(job.quantized.model, job.arithmetic)


def _in_c(job: Job) -> tuple[tuple[Entry, ...], tuple[Diagnostic, ...]]:
    """The C runtime; where an operator has no kernel, a note instead. Only whole integers can become C."""
    if job.recipe.scheme not in CALIBRATED:
        return (), ()
    if found := unsupported(job.quantized.model, job.arithmetic):
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        message = f"no C runtime, LiteRT is the only one: {found[0].where}: {found[0].message}{more}"
        severity = Severity.WARNING if job.profile.engine == "c" else Severity.NOTE
        return (), (Diagnostic(severity=severity, message=message, hint=found[0].hint),)
    assert job.profile.cpu is not None, "check comes first"
    title, target = f"{job.name} {job.version}", target_of(job.profile.cpu)
    model, prefix = job.quantized.model, job.c_prefix
    return emit_c(model, job.arithmetic, job.golden, name=title, prefix=prefix, target=target), ()


def _runtime(job: Job, machine: str, engine: str, *, in_c: bool) -> Iterable[Entry]:
    """The runner in Python, which takes either engine. Where the C runtime leads, the device needs none of it."""
    role = "alternative" if engine == "c" else "runtime"
    values = {
        "engine": engine,
        "core": job.profile.cpu.core if job.profile.cpu else "",
        "litert": machine in _MACHINES,
        "name": job.name,
        "version": job.version,
        "title": job.profile.title,
        "machine": machine,
        "arithmetic": job.arithmetic,
        "resolver": "reference" if job.arithmetic == "integer" else "default",
        "inputs": _table(job.quantized.model, inputs=True),
        "outputs": _table(job.quantized.model, inputs=False),
        "in_c": in_c,
    }
    for name in ("README.md", "requirements.txt", "run.py"):
        yield Entry(
            path=f"runtime/{name}",
            content=render(f"runner/raspberrypi/{name}.j2", **values),
            role="doc" if name.endswith(".md") else role,
        )


def _table(model: Model, *, inputs: bool) -> list[dict[str, object]]:
    names = model.input_names() if inputs else model.output_names()
    types = model.input_types() if inputs else model.output_types()
    return [
        {"name": name, "shape": list(type_.dims), "dtype": type_.dtype.value}
        for name, type_ in zip(names, types, strict=True)
    ]


def _error(message: str, hint: str) -> Diagnostic:
    return Diagnostic(severity=Severity.ERROR, message=message, hint=hint)


FAMILY: Family = RaspberryPi()
