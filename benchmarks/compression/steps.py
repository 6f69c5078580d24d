"""What each compression step without training costs and saves, on the MLPerf Tiny models, with three seeds.

    python benchmarks/compression/steps.py REFERENCE_DATA kws|resnet [NAME...]

Keyword spotting (from its SavedModel, which needs the extra `tensorflow`) is tuned on 250 of its 500 inputs, without
their labels, and scored on the other 250; CIFAR-10 ResNet-8 is tuned on 512 training images and scored on the 2000 test
images. The seeds draw the inputs to tune with. Printed: top-1 in percent of the float model and of int8 quantized with
the same inputs, lowest, mean and highest; multiply-accumulates, bytes of the int8 file and of the file deflated
(zlib, level 9), the means.
"""

import dataclasses
import functools
import sys
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from packager.build.compress import with_schemes
from packager.compress import Context, Kept, plan_step
from packager.compress._measure import Measurer
from packager.config.compression import StepTable
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import UnsupportedError
from packager.frontends import ReadOptions, read_model
from packager.ir import Model, read_tflite, write_tflite
from packager.passes import normalise
from packager.plan.cost import cost_of
from packager.quantize import quantize_model
from packager.quantize.fidelity import accuracy, real_outputs

SEEDS = (0, 1, 2)
MULTIPLE = 4
INT8 = Recipe(name="int8-per-channel", description="")
Steps = Sequence[Mapping[str, Any]]
ONE_BY_FOUR = {"outputs": 1, "inputs": 4}
FOUR_BY_FOUR = {"outputs": 4, "inputs": 4}
STEPS: Mapping[str, Steps] = {
    "nothing": (),
    "channels, share 0.1": ({"step": "channels", "share": 0.1},),
    "channels, share 0.2": ({"step": "channels", "share": 0.2},),
    "channels, share 0.3": ({"step": "channels", "share": 0.3},),
    "channels, share 0.5": ({"step": "channels", "share": 0.5},),
    "channels, share 0.5, by sensitivity": ({"step": "channels", "share": 0.5, "ratios": "sensitivity"},),
    "channels, share 0.5, no refit": ({"step": "channels", "share": 0.5, "refit": False},),
    "magnitude, ratio 0.3": ({"step": "magnitude", "ratio": 0.3},),
    "magnitude, ratio 0.5": ({"step": "magnitude", "ratio": 0.5},),
    "magnitude, ratio 0.5, uncorrected": ({"step": "magnitude", "ratio": 0.5, "correct": False},),
    "pattern, 2 of 4": ({"step": "pattern"},),
    "pattern, 2 of 4, uncorrected": ({"step": "pattern", "correct": False},),
    "block, 1 x 4, ratio 0.3": ({"step": "block", "ratio": 0.3, **ONE_BY_FOUR},),
    "block, 1 x 4, ratio 0.5": ({"step": "block", "ratio": 0.5, **ONE_BY_FOUR},),
    "block, 1 x 4, ratio 0.5, uncorrected": ({"step": "block", "ratio": 0.5, **ONE_BY_FOUR, "correct": False},),
    "block, 4 x 4, ratio 0.3": ({"step": "block", "ratio": 0.3, **FOUR_BY_FOUR},),
    "block, 4 x 4, ratio 0.3, uncorrected": ({"step": "block", "ratio": 0.3, **FOUR_BY_FOUR, "correct": False},),
    "low_rank, error 0.02": ({"step": "low_rank"},),
    "subsample, share 0.2": ({"step": "subsample", "share": 0.2},),
    "subsample, share 0.3": ({"step": "subsample", "share": 0.3},),
    "subsample, share 0.3, no refit": ({"step": "subsample", "share": 0.3, "refit": False},),
    "subsample, share 0.5": ({"step": "subsample", "share": 0.5},),
    "cluster, 16 values": ({"step": "cluster"},),
    "equalize": ({"step": "equalize"},),
    "equalize, bias_correction": ({"step": "equalize"}, {"step": "bias_correction"}),
    "mixed": ({"step": "mixed"},),
}


@functools.cache
def _keyword_spotting(data: Path) -> Model:
    return normalise(read_model(data / "mlperf-tiny" / "kws_ref_model", ReadOptions()).model)


def keyword_spotting(data: Path, seed: int) -> tuple[Model, Samples, Samples]:
    model = _keyword_spotting(data)
    held = np.load(data / "mlperf-tiny" / "kws01.npz")
    x = ((held["x"].astype(np.float32) - 83) * np.float32(0.5847029)).astype(np.float32)
    order, name = np.random.default_rng(seed).permutation(len(x)), model.input_names()[0]
    tune, rest = order[:250], order[250:]
    return (
        model,
        Samples(arrays={name: x[tune]}, source="tuning"),
        Samples(arrays={name: x[rest]}, labels=held["y"][rest], source="kws01.npz"),
    )


def image_classification(data: Path, seed: int) -> tuple[Model, Samples, Samples]:
    model = normalise(read_tflite(data / "mlperf-tiny" / "pretrainedResnet.tflite"))
    train, test = np.load(data / "cifar10" / "train.npz")["x"], np.load(data / "cifar10" / "test.npz")
    drawn, name = np.random.default_rng(seed).permutation(len(train))[:512], model.input_names()[0]
    return (
        model,
        Samples(arrays={name: train[drawn].astype(np.float32)}, source="tuning"),
        Samples(arrays={name: test["x"].astype(np.float32)}, labels=test["y"].ravel(), source="test.npz"),
    )


MODELS = {"kws": keyword_spotting, "resnet": image_classification}


def one(model: Model, tune: Samples, score: Samples, steps: Steps, seed: int) -> tuple[float, ...]:
    """Float and int8 accuracy, multiply-accumulates, bytes of the int8 file, and deflated."""
    assert score.labels is not None
    context = Context(
        tuning=tune, teacher=model, measure=Measurer(model, tune), load=_no_files, source=Path(), seed=seed,
        multiple_of=MULTIPLE,
    )  # fmt: skip
    small, kept, finish = model, Kept(), []
    for number, table in enumerate(steps):
        options = {key: value for key, value in table.items() if key != "step"}
        planned = plan_step(StepTable(step=table["step"], options=options, source="steps", key=str(number)))
        done = planned.step.apply(small, planned.parameters, context)
        small, kept = done.model, done.leaves(kept)
        context = dataclasses.replace(context, kept=kept, curves=(*context.curves, *done.curves))
        if planned.step.refine is not None:
            finish.append((planned, context))
    quantized = quantize_model(small, with_schemes(INT8, kept), tune)
    integer = quantized.model
    for planned, given in finish:
        assert planned.step.refine is not None
        integer = planned.step.refine(integer, small, planned.parameters, given).model
    first, second = (accuracy(real_outputs(m, score)[0], score.labels) for m in (small, integer))
    blob = write_tflite(integer)
    return first, second, float(cost_of(small).macs), float(len(blob)), float(len(zlib.compress(blob, 9)))


def _no_files(path: str, *, labels: bool) -> Samples:
    raise NotImplementedError(path, labels)


def main() -> None:
    data, which, *names = Path(sys.argv[1]), *sys.argv[2:]
    given = [MODELS[which](data, seed) for seed in SEEDS]
    for name, steps in STEPS.items():
        if names and name not in names:
            continue
        try:
            found = [one(*parts, steps, seed) for parts, seed in zip(given, SEEDS, strict=True)]
        except UnsupportedError as error:
            print(f"| {name} | refused: {error} |", flush=True)
            continue
        floats, integers, *sizes = zip(*found, strict=True)
        scores = [f"{min(a):.2f} {sum(a) / len(a):.2f} {max(a):.2f}" for a in (floats, integers)]
        print(f"| {name} | {' | '.join(scores)} | {' | '.join(f'{sum(s) / len(s):.0f}' for s in sizes)} |", flush=True)


if __name__ == "__main__":
    main()
