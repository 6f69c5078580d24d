"""What a bundle was made from, for its manifest: all that a second build needs to give the same bytes."""

from collections.abc import Sequence
from typing import Any

from packager.build.data import Data
from packager.bundle import Origin
from packager.compress import Planned
from packager.config.request import BuildRequest
from packager.config.samples import Samples
from packager.families import Job, Product
from packager.frontends import Source
from packager.util.hashing import sha256_path


def origin_of(
    request: BuildRequest, source: Source, job: Job, product: Product, data: Data, steps: Sequence[Planned] = ()
) -> Origin:
    """Every file by its name and hash, never by its folder."""
    calibration, calibration_sha256 = _named(data.calibration)
    training, training_sha256 = _named(data.training)
    evaluation, evaluation_sha256 = _named(data.evaluation)
    return Origin(
        source=source.path.name,
        source_sha256=source.sha256,
        recipe=job.recipe.name,
        arithmetic=job.arithmetic,
        seeds={"random": request.seed},
        calibration=calibration,
        calibration_sha256=calibration_sha256,
        training=training,
        training_sha256=training_sha256,
        evaluation=evaluation,
        evaluation_sha256=evaluation_sha256,
        steps=tuple(told(planned) for planned in steps),
        tools=dict((*source.tools, *job.quantized.tools, *product.tools)),
    )


def _named(samples: Samples | None) -> tuple[str, str]:
    return (samples.source, samples.sha256) if samples else ("", "")


def told(planned: Planned) -> dict[str, Any]:
    """A step with its options; of the files among them name and hash."""
    found = {"step": planned.name, **planned.table.options}
    for key in planned.step.files:
        if given := found.get(key):
            path = planned.table.folder / given
            found |= {key: path.name, f"{key}_sha256": sha256_path(path)}
    return found
