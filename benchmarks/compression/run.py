"""What removing channels saves and costs, on the MLPerf Tiny models.

    python benchmarks/compression/run.py REFERENCE_DATA

Dead channels: visual wake words, float and int8, with the largest difference of the logits over 50 random inputs.
Channel pruning, one-shot, without training: keyword spotting (from its SavedModel, which needs the extra `tensorflow`)
tuned on 250 of its 500 inputs and scored on the other 250; CIFAR-10 ResNet-8 tuned on 512 training images and scored on
the 2000 test images. Each share with three seeds, which draw the inputs to tune with; accuracy in percent, lowest, mean
and highest, of the float model and of int8 quantized with the same inputs to tune.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.frontends import ReadOptions, read_model
from packager.interp.litert import run_litert
from packager.ir import Model, read_tflite, write_tflite
from packager.passes import normalise
from packager.prune import prune_channels, remove_dead
from packager.quantize import quantize_model
from packager.quantize.fidelity import accuracy, real_outputs

Array = npt.NDArray[Any]
SEEDS = (0, 1, 2)
SHARES = (0.1, 0.2, 0.3, 0.5)
MULTIPLE = 4
INT8 = Recipe(name="int8-per-channel", description="")


def dead(path: Path) -> None:
    """Print sizes before and after, and how far the logits move."""
    model = normalise(read_tflite(path))
    pruned = remove_dead(model)
    old, new = path.stat().st_size, len(write_tflite(pruned.model))
    drawn = np.random.default_rng(0).random((50, 96, 96, 3))
    is_float = model.input_types()[0].dtype.is_float
    inputs = [drawn.astype(np.float32) if is_float else (drawn * 256 - 128).astype(np.int8)]
    before, after = (run_litert(write_tflite(logits(m)), inputs)[0].astype(np.float64) for m in (model, pruned.model))
    moved, largest = np.abs(after - before).max(), np.abs(before).max()
    print(
        f"{path.name}: {pruned.plan.removed} of {pruned.plan.channels} channels dead; {old} -> {new} bytes"
        f" ({1 - new / old:.1%} less); logits of up to {largest:.3g} differ by {moved:.2g}"
    )


def logits(model: Model) -> Model:
    """The model without its last operator, the softmax, which would hide differences."""
    graph = model.main
    shorter = dataclasses.replace(graph, nodes=graph.nodes[:-1], outputs=(graph.nodes[-1].inputs[0],))
    return dataclasses.replace(model.with_main(shorter), signatures=())


def prune(name: str, model: Model, tune: list[Array], score: list[Samples]) -> None:
    """Print the accuracy of each share: lowest, mean and highest of the seeds."""
    scores = {share: [one(model, share, t, s) for t, s in zip(tune, score, strict=True)] for share in (0.0, *SHARES)}
    for share, found in scores.items():
        kinds = [f"{min(a):.2f} {sum(a) / len(a):.2f} {max(a):.2f}" for a in zip(*found, strict=True)]
        print(f"{name}: {share:.0%} of the work asked away: float {kinds[0]}, int8 {kinds[1]}, int8 bytes {kinds[2]}")


def one(model: Model, share: float, tune: Array, score: Samples) -> tuple[float, float, float]:
    assert score.labels is not None
    small = prune_channels(model, [tune], share=share, multiple_of=MULTIPLE).model if share else model
    calibration = Samples(arrays={model.input_names()[0]: tune}, source="tuning")
    integer = quantize_model(small, INT8, calibration).model
    first, second = (accuracy(real_outputs(m, score)[0], score.labels) for m in (small, integer))
    return first, second, float(len(write_tflite(integer)))


def keyword_spotting(data: Path) -> None:
    model = normalise(read_model(data / "kws_ref_model", ReadOptions()).model)
    held = np.load(data / "kws01.npz")
    x = ((held["x"].astype(np.float32) - 83) * np.float32(0.5847029)).astype(np.float32)
    tune, score = [], []
    for seed in SEEDS:
        order = np.random.default_rng(seed).permutation(len(x))
        tune.append(x[order[:250]])
        rest = order[250:]
        score.append(Samples(arrays={model.input_names()[0]: x[rest]}, labels=held["y"][rest], source="kws01.npz"))
    prune("keyword spotting", model, tune, score)


def image_classification(data: Path) -> None:
    model = normalise(read_tflite(data / "mlperf-tiny" / "pretrainedResnet.tflite"))
    train, test = np.load(data / "cifar10" / "train.npz")["x"], np.load(data / "cifar10" / "test.npz")
    drawn = [np.random.default_rng(seed).permutation(len(train))[:512] for seed in SEEDS]
    score = Samples(
        arrays={model.input_names()[0]: test["x"].astype(np.float32)}, labels=test["y"].ravel(), source="test.npz"
    )
    prune("ResNet-8", model, [train[d].astype(np.float32) for d in drawn], [score] * len(SEEDS))


def main() -> None:
    data = Path(sys.argv[1])
    for name in ("vww_96_float.tflite", "vww_96_int8.tflite"):
        dead(data / "mlperf-tiny" / name)
    image_classification(data)
    keyword_spotting(data / "mlperf-tiny")


if __name__ == "__main__":
    main()
