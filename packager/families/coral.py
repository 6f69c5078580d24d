"""Coral: a TFLite file within the Edge TPU compiler's rules, what will map and why not, a runner for libedgetpu, and C.

The compiler itself is an outside program; where it is on PATH the build runs it through `packager.measure.edgetpu`.
"""

from collections.abc import Iterable, Iterator

from packager.bundle import Entry
from packager.config.edgetpu import EdgeTpuCompiler, load_edgetpu_compiler
from packager.config.profile import EdgeTpu
from packager.config.samples import to_integer
from packager.emit.c import ANY, Target, emit_c, target_of, unsupported
from packager.emit.runner import render
from packager.errors import Diagnostic, Severity
from packager.families._contract import Family, Job, Product
from packager.families._edgetpu_rewrites import rewritten
from packager.figure import Place
from packager.ir import Model, write_tflite
from packager.plan.edgetpu import EIGHT_BIT, Mapping, predict_mapping, refusals
from packager.plan.edgetpu_cache import plan_cache
from packager.plan.latency import estimate_edgetpu


class Coral:
    """The family `coral`."""

    def check(self, job: Job) -> Iterable[Diagnostic]:
        tpu = job.profile.edgetpu
        if tpu is None:
            hint = "add it to the target's file"
            yield Diagnostic(severity=Severity.ERROR, message="the profile has no [edgetpu] table", hint=hint)
            return
        compiler = load_edgetpu_compiler(tpu.compiler)
        yield from refusals(_rewritten(job, compiler)[0], compiler)

    def emit(self, job: Job) -> Product:
        tpu = job.profile.edgetpu
        assert tpu is not None, "check comes first"
        compiler = load_edgetpu_compiler(tpu.compiler)
        model, changes = _rewritten(job, compiler)
        variant = _variant(job, compiler)
        mapping = predict_mapping(model, compiler)
        mapped = {i for i, verdict in enumerate(mapping.verdicts) if verdict.place is Place.TPU}
        cache = plan_cache(model, mapped, tpu)
        estimate = estimate_edgetpu(model, job.profile, mapped, cache)
        content = job.once.get(("TFLite of", variant), lambda: write_tflite(model))
        artifact = Entry(path="model/model.tflite", content=content, role="model")
        target = target_of(job.profile.cpu) if job.profile.cpu else ANY
        fallback = job.once.get(("C of", variant, job.arithmetic, target), lambda: _in_c(job, model, target))
        return Product(
            files=(artifact, *_runtime(job, model, tpu, mapping, in_c=bool(fallback)), *fallback),
            artifact=artifact.path,
            engine="litert",
            model=model,
            engines=("c",) if fallback else (),
            figures=(*mapping.figures(), *cache.figures(), *(estimate.figures() if estimate else ())),
            placements={i: (verdict.place, verdict.reason) for i, verdict in enumerate(mapping.verdicts)},
            latencies=estimate.per_op_ms if estimate else {},
            diagnostics=(*changes, *_notes(model, mapping)),
        )


def _rewritten(job: Job, compiler: EdgeTpuCompiler) -> tuple[Model, tuple[Diagnostic, ...]]:
    variant = _variant(job, compiler)
    return job.once.get(
        ("rewritten for the Edge TPU", variant),
        lambda: rewritten(job.quantized.model, compiler, float_edges=variant[1]),
    )


def _variant(job: Job, compiler: EdgeTpuCompiler) -> tuple[str, bool]:
    """What tells a build's rewritten models apart: the compiler's version, whether float edges were asked for."""
    return compiler.version, "float32" in {job.recipe.inputs, job.recipe.outputs}


def _notes(model: Model, mapping: Mapping) -> Iterator[Diagnostic]:
    if not mapping.count(Place.TPU):
        yield Diagnostic(
            severity=Severity.WARNING,
            message="no operator is predicted to map: the model would run on the CPU alone",
            hint="the reasons stand beside the operators; the raspberrypi family makes the same model without a TPU",
        )
    for what, names, types in (
        ("input", model.input_names(), model.input_types()),
        ("output", model.output_names(), model.output_types()),
    ):
        for name, type_ in zip(names, types, strict=True):
            if type_.dtype.is_float:
                yield Diagnostic(
                    severity=Severity.WARNING,
                    where=f"{what} {name!r}",
                    message=f"{type_.dtype} at the model's edge keeps an operator on the CPU",
                    hint="build with an int8 or uint8 recipe",
                )
            elif type_.dtype not in EIGHT_BIT:
                message = f"{type_.dtype} at the model's edge; the TPU reads and writes int8 and uint8"
                yield Diagnostic(severity=Severity.NOTE, where=f"{what} {name!r}", message=message)


def _in_c(job: Job, model: Model, target: Target) -> tuple[Entry, ...]:
    """The model as C, for a host without a TFLite runtime; nothing where an operator has no kernel."""
    if unsupported(model, job.arithmetic):
        return ()
    golden = to_integer(job.golden, model) if job.golden.arrays else job.golden
    title = f"{job.name} {job.version}"
    return emit_c(model, job.arithmetic, golden, name=title, prefix=job.c_prefix, target=target)


def _runtime(job: Job, model: Model, tpu: EdgeTpu, mapping: Mapping, *, in_c: bool) -> Iterator[Entry]:
    stays = [
        {"where": model.main.where(i), "reason": verdict.reason}
        for i, verdict in enumerate(mapping.verdicts)
        if verdict.place is not Place.TPU
    ]
    values = {
        "name": job.name,
        "version": job.version,
        "title": job.profile.title,
        "link": tpu.link,
        "in_c": in_c,
        "arithmetic": job.arithmetic,
        "compiler": mapping.compiler,
        "min_runtime": tpu.min_runtime,
        "total": len(mapping.verdicts),
        "mapped": mapping.count(Place.TPU),
        "uncertain": mapping.count(Place.UNCERTAIN),
        "stays": stays,
        "ports": [
            {"what": what, "name": name, "shape": list(type_.dims), "dtype": type_.dtype.value}
            for what, names, types in (
                ("input", model.input_names(), model.input_types()),
                ("output", model.output_names(), model.output_types()),
            )
            for name, type_ in zip(names, types, strict=True)
        ],
    }
    for name in ("README.md", "requirements.txt", "run.py"):
        yield Entry(
            path=f"runtime/{name}",
            content=render(f"runner/coral/{name}.j2", **values),
            role="doc" if name.endswith(".md") else "runtime",
        )


FAMILY: Family = Coral()
