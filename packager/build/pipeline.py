"""The whole job, from top to bottom: read, calibrate, quantize, ask every family, emit, run, report, write."""

import dataclasses
import math
from collections.abc import Callable, Mapping

from packager.build.assemble import report_of
from packager.build.compress import Smaller, compress, refine, with_schemes
from packager.build.data import Data, load_data
from packager.build.examine import Examined, examine
from packager.build.origin import origin_of
from packager.build.resolve import Resolved, resolve
from packager.build.result import BuildResult, BuiltBundle
from packager.build.score import Truth, reference_of, score, truth_of
from packager.build.shrink import shrink
from packager.build.timing import time_artifact, write_timed_report
from packager.build.together import together
from packager.build.vendor import complete
from packager.bundle import Bundle, check_destination
from packager.config.profile import Profile
from packager.config.recipe import Recipe
from packager.config.request import BuildRequest
from packager.config.samples import to_integer
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.families import Job, Product, family_of
from packager.frontends import ReadOptions, Source, read_model
from packager.passes.cut_at import CutAt
from packager.quantize import Quantized, quantize_model
from packager.report.check import check
from packager.report.model import Report
from packager.report.views import report_files
from packager.util.once import Once

Step = Callable[[str], None]
_OF_THE_FILE = ("litert", "onnxruntime")
"""Engines that read the artifact and nothing else of the bundle."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Made:
    """One target's files and report, nothing written yet."""

    job: Job
    product: Product
    examined: Examined
    report: Report
    bundle: Bundle


def _silent(step: str) -> None:
    """Tell nobody."""


def build(request: BuildRequest, step: Step = _silent) -> BuildResult:
    """Build one bundle per target; `step` is told the name of each step as it begins.

    Everything that can be refused is refused before the first file is written; a bundle appears whole or not at all.

    Raises:
        EdgePackError: of the class that fits; see `packager.errors`.
    """
    asked = resolve(request)
    step("reading the model")
    source = _cut(read_model(request.model, ReadOptions(input_shapes=request.input_shapes)), request.cut_at)
    data = load_data(request, source, labels=bool(asked.steps))
    shrunk = shrink(source, keep_dead=request.keep_dead)
    smaller = None
    if asked.steps:
        step("compressing")
        multiple = math.lcm(*(p.channel_multiple for p in asked.profiles))
        outputs = math.lcm(*(p.sparse_outputs for p in asked.profiles))
        inputs = math.lcm(*(p.sparse_inputs for p in asked.profiles))
        integer = [p for p in asked.profiles if asked.recipes[p.name].scheme == "int8"]
        smaller = compress(
            shrunk, asked.steps, data, request, multiple_of=multiple, block=(outputs, inputs),
            profiles=integer or asked.profiles,
        )  # fmt: skip
        shrunk = smaller.shrunk
    source = shrunk.source
    quantized = _quantize(request, asked, source, data, step, smaller)
    once = {recipe: Once() for recipe in quantized}
    jobs = tuple(_job(request, asked, profile, quantized, data, source.onnx, once) for profile in asked.profiles)
    _refuse(request, jobs)
    step("running the float model")
    samples = data.evaluation or data.calibration
    reference = reference_of(quantized.values(), samples)
    found = together(lambda q: truth_of(q, samples, reference), quantized.values(), model_bytes=source.bytes)
    truths = dict(zip(quantized, found, strict=True))
    made = together(
        lambda job: _make(request, shrunk.detailed, job, data, truths[job.recipe.name], step, smaller),
        jobs,
        model_bytes=source.bytes,
    )
    notes = tuple(dict.fromkeys((*source.notes, *(n for q in quantized.values() for n in q.notes))))
    return BuildResult(bundles=tuple(_write(request, asked, m, step) for m in made), notes=notes)


def _cut(source: Source, names: tuple[str, ...]) -> Source:
    """The source with its graph ended at the tensors named; its bytes and hash stay those of the file."""
    result = CutAt(names=names).apply(source.model)
    onnx = None if names else source.onnx
    return dataclasses.replace(source, model=result.model, notes=(*source.notes, *result.notes), onnx=onnx)


def _quantize(
    request: BuildRequest, asked: Resolved, source: Source, data: Data, step: Step, smaller: Smaller | None
) -> Mapping[str, Quantized]:
    """Quantize once a recipe, however many targets share it."""
    recipes = {recipe.name: recipe for recipe in asked.recipes.values()}

    def quantize(recipe: Recipe) -> Quantized:
        step(f"quantizing by {recipe.name}")
        quantized = quantize_model(
            source.model,
            recipe if smaller is None else with_schemes(recipe, smaller.kept),
            data.calibration,
            input_shapes=source.input_shapes,
            inputs=request.inputs,
            outputs=request.outputs,
        )
        return quantized if smaller is None else refine(quantized, smaller)

    return dict(zip(recipes, together(quantize, recipes.values(), model_bytes=source.bytes), strict=True))


def _job(
    request: BuildRequest,
    asked: Resolved,
    profile: Profile,
    quantized: Mapping[str, Quantized],
    data: Data,
    onnx: bytes | None,
    once: Mapping[str, Once],
) -> Job:
    recipe = asked.recipes[profile.name]
    return Job(
        name=asked.name,
        version=request.version,
        profile=profile,
        recipe=recipe,
        arithmetic=request.arithmetic or profile.arithmetic,
        quantized=quantized[recipe.name],
        golden=to_integer(data.golden, quantized[recipe.name].model),
        source_onnx=onnx,
        calibration=data.calibration,
        once=once[recipe.name],
        c_prefix=request.c_prefix,
    )


def _refuse(request: BuildRequest, jobs: tuple[Job, ...]) -> None:
    """Collect what keeps any target from being built, and say it all at once."""
    found: list[Diagnostic] = []
    for job in jobs:
        for problem in family_of(job.profile).check(job):
            where = f"{job.profile.name}: {problem.where}" if problem.where else job.profile.name
            found.append(dataclasses.replace(problem, where=where))
        check_destination(request.out / Bundle(job.name, job.version, job.profile.name).stem)
    if any(problem.severity is Severity.ERROR for problem in found):
        raise UnsupportedError.from_diagnostics(request.model.name, found)


def _make(
    request: BuildRequest, source: Source, job: Job, data: Data, truth: Truth, step: Step, smaller: Smaller | None
) -> _Made:
    target = job.profile.name
    step(f"{target}: making the artifact")
    product = complete(job, family_of(job.profile).emit(job))
    step(f"{target}: running the artifact")
    examined = _examined(job, product, truth)
    report = report_of(
        source,
        job,
        product,
        runs=examined.runs,
        figures=score(job, product, examined.outputs, truth),
        sqnr_db=truth.sqnr_db,
        notes=(*examined.notes, *(() if product.layers else truth.notes)),
        trusted=data.calibration is None or data.calibration.trusted,
        compression=None if smaller is None else smaller.report,
    )
    bundle = Bundle(
        job.name,
        job.version,
        target,
        artifact=product.artifact,
        engine=product.engine,
        engines=[*(run.engine for run in examined.runs), *product.engines],
        origin=origin_of(request, source, job, product, data, () if smaller is None else smaller.steps),
    )
    bundle.add(*product.files, *examined.entries, *report_files(report))
    return _Made(job=job, product=product, examined=examined, report=report, bundle=bundle)


def _examined(job: Job, product: Product, truth: Truth) -> Examined:
    """What the artifact computes; boards may share one, where it is a file that an engine of this machine takes."""

    def run() -> Examined:
        return examine(job, product, truth.samples)

    if product.engine not in _OF_THE_FILE:
        return run()
    content = next(entry.content for entry in product.files if entry.path == product.artifact)
    return job.once.get(("run", product.engine, job.arithmetic, content), run)


def _write(request: BuildRequest, asked: Resolved, made: _Made, step: Step) -> BuiltBundle:
    step(f"{made.job.profile.name}: writing the bundle")
    path = made.bundle.write(request.out)
    packed = made.bundle.archive(request.out)
    timed = time_artifact(made.product, path) if request.measure else ()
    report = dataclasses.replace(made.report, figures=(*made.report.figures, *timed))
    return BuiltBundle(
        target=made.job.profile.name,
        path=path,
        archive=packed.path,
        digest=packed.digest,
        page=write_timed_report(request.out, made.bundle.stem, report, timed),
        report=report,
        verdicts=check(report, asked.budget) if asked.budget else (),
    )
