"""All that is known of one bundle, gathered into its report."""

from collections.abc import Iterable, Iterator, Mapping

from packager.build.golden import GoldenRun
from packager.errors import Diagnostic, Severity
from packager.families import Job, Product
from packager.figure import Basis, Figure
from packager.frontends import Source
from packager.ir import Model
from packager.plan.cost import cost_of
from packager.plan.latency import estimate_latency, unestimated
from packager.plan.memory import MemoryPlan, plan_memory
from packager.quantize import Quantized
from packager.report.layers import layers_of, memory_of, ports_of
from packager.report.model import (
    Compression,
    GoldenEngine,
    ModelFacts,
    OpScheme,
    Quantization,
    Report,
    TargetFacts,
    TensorRange,
    Tool,
)

ON_DEVICE = frozenset({"model", "runtime"})
"""Roles of the files that land on the device; the rest is for people and for checking."""


def report_of(
    source: Source,
    job: Job,
    product: Product,
    *,
    runs: Iterable[GoldenRun] = (),
    figures: Iterable[Figure] = (),
    sqnr_db: Mapping[int, float] | None = None,
    notes: Iterable[Diagnostic] = (),
    trusted: bool = True,
    compression: Compression | None = None,
) -> Report:
    """Return the report, without anything measured in time: the same inputs give the same report.

    `sqnr_db` counts the operators of the quantized model, whatever a family made of it.
    """
    model = product.model_of(job)
    memory = product.memory or plan_memory(model)
    cost = cost_of(model)
    latencies, estimates = product.latencies, product.figures
    if job.profile.latency is not None and not latencies and not product.layers:
        if why := unestimated(model, job.profile, product.engine, cost=cost):
            notes = (*notes, Diagnostic(severity=Severity.WARNING, message=f"no latency estimate: {why}"))
        else:
            estimate = estimate_latency(model, job.profile, product.engine, cost=cost)
            latencies, estimates = estimate.per_op_ms, (*estimates, *estimate.figures())
    return Report(
        model=ModelFacts(
            name=job.name,
            format=source.format,
            sha256=source.sha256,
            bytes=source.bytes,
            inputs=ports_of(model.main, model.main.inputs),
            outputs=ports_of(model.main, model.main.outputs),
        ),
        target=TargetFacts(
            name=job.profile.name, title=job.profile.title, family=job.profile.family, arithmetic=job.arithmetic
        ),
        recipe=job.recipe.name,
        trusted=trusted,
        figures=(
            *sizes(source, product),
            *(() if product.layers else _plan(memory, product)),
            *cost.figures(),
            *estimates,
            *figures,
        ),
        layers=product.layers
        or layers_of(
            model,
            default=product.default,
            placements=product.placements,
            latencies=latencies,
            sqnr_db=_by_name(sqnr_db or {}, job.quantized.model, model),
        ),
        diagnostics=tuple(
            dict.fromkeys((*source.notes, *job.quantized.notes, *cost.diagnostics(), *product.diagnostics, *notes))
        ),
        quantization=_quantization(job.quantized),
        compression=compression,
        memory=None if product.layers else memory_of(memory),
        golden=tuple(
            GoldenEngine(engine=run.engine, version=f"{run.runtime} {run.version}", detail=run.resolver) for run in runs
        ),
        tools=tuple(
            Tool(name=name, version=version) for name, version in (*source.tools, *job.quantized.tools, *product.tools)
        ),
    )


def _plan(memory: MemoryPlan, product: Product) -> Iterator[Figure]:
    """The figures of the memory plan, but for those that a family knows better."""
    known = {figure.name for figure in product.figures}
    return (figure for figure in memory.figures() if figure.name not in known)


def _by_name(values: Mapping[int, float], before: Model, after: Model) -> Mapping[int, float]:
    """Values by operator of one model for the operators of another; a rewrite keeps the names of what it keeps."""
    if before is after:
        return values
    named = {before.main.node_name(i): value for i, value in values.items()}
    names = [after.main.node_name(i) for i in range(len(after.main.nodes))]
    return {i: named[name] for i, name in enumerate(names) if name in named}


def sizes(source: Source, product: Product) -> tuple[Figure, ...]:
    """Sizes of files, as they lie on the disk; none for the device where no file lands there as it is, but compiled."""
    artifact = next(len(e.content) for e in product.files if e.path == product.artifact)
    device = sum(len(e.content) for e in product.files if e.role in ON_DEVICE)
    runtime = sum(len(e.content) for e in product.files if e.role == "runtime")
    rows = (
        ("source.bytes", source.bytes, f"the {source.format} file as given"),
        ("artifact.bytes", artifact, f"the file {product.artifact}"),
        ("runtime.bytes", runtime, "the bundle's files of the role runtime; libraries that they install aside"),
        ("deploy.bytes", device, "the bundle's files of the roles model and runtime"),
    )
    return tuple(
        Figure(name=name, value=value, unit="B", basis=Basis.MEASURED, source=source_)
        for name, value, source_ in rows[: None if device else 2]
    )


def _quantization(quantized: Quantized) -> Quantization | None:
    plan = quantized.plan
    if plan is None or quantized.float_model is None:
        return None
    tensors = quantized.float_model.main.tensors
    return Quantization(
        engine=plan.engine,
        ops=tuple(OpScheme(index=o.index, where=o.where, scheme=o.scheme, reason=o.reason) for o in plan.ops),
        ranges=tuple(
            TensorRange(tensor=tensors[t].name, low=r.low, high=r.high, reason=r.reason)
            for t, r in sorted(plan.ranges.items())
        ),
    )
