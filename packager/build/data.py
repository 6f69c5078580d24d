"""The data that a request names: calibration and evaluation inputs, checked against the model."""

import dataclasses
from pathlib import Path

from packager.build.golden import COUNT
from packager.config.request import BuildRequest
from packager.config.samples import RANDOM, Samples, load_samples, random_samples
from packager.frontends import Source

RANDOM_COUNT = 32
"""Random inputs to calibrate with: their ranges mean nothing, so more would not help."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Data:
    calibration: Samples | None
    training: Samples | None
    """With labels where the file has some."""
    evaluation: Samples | None
    golden: Samples
    """A handful: of the calibration inputs, else of the evaluation's, else drawn at random."""


def load_data(request: BuildRequest, source: Source, *, labels: bool = False) -> Data:
    """Read what the request names, for the inputs of the model as it was read.

    `labels` takes the labels of the calibration inputs as well, where their file has some.

    Raises:
        ConfigError: a file can't be read or does not fit the model.
    """
    model, shapes = source.model, source.input_shapes
    calibration = evaluation = None
    if request.calibration == RANDOM:
        calibration = random_samples(model, RANDOM_COUNT, request.seed, input_shapes=shapes)
    elif request.calibration:
        calibration = load_samples(
            Path(request.calibration), model, labels=None if labels else False, input_shapes=shapes
        )
    training = load_samples(request.train, model, labels=None, input_shapes=shapes) if request.train else None
    if request.eval:
        evaluation = load_samples(request.eval, model, labels=True, input_shapes=shapes)
    golden = calibration or evaluation or random_samples(model, COUNT, request.seed, input_shapes=shapes)
    return Data(calibration=calibration, training=training, evaluation=evaluation, golden=golden.head(COUNT))
