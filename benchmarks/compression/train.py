"""What pruning costs where the model is trained afterwards; needs the extra `tensorflow`.

    PYTHONPATH=benchmarks/runtime python benchmarks/compression/train.py REFERENCE_DATA [TASK]...

Tasks are keyword_spotting, image_classification and mnist. Each has three seeds, which draw the inputs to tune with and
decide every random choice of the training; a line a seed, and lowest, mean and highest of accuracy in percent.
Keyword spotting loses positions and ranks of layers, the others channels in rounds (step `gradual`); int8 is
quantized with the inputs to tune. What is scored is never trained on:

* keyword spotting: 250 of the 500 inputs of kws01.npz to tune, the other 250 to score;
* CIFAR-10 ResNet-8: 18,000 images of train.npz to tune, the 2,000 of test.npz to score;
* MNIST: a network of the benchmark's own, trained on train.npz; compressed with 50,000 of it and scored on the 2,000 of
  test.npz, with bytes and the time of one inference: float in LiteRT, int8 in LiteRT and as C, in turns, one thread.
"""

import dataclasses
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from generated import Generated  # see benchmarks/runtime
from mnist_cnn import as_input, trained

from packager.compress import find_step
from packager.compress._contract import Context
from packager.compress._measure import Measurer
from packager.compress._names import spelled
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.config.training import Augment
from packager.frontends import ReadOptions, read_model
from packager.ir import Model, read_tflite_bytes, write_tflite
from packager.measure.c import compiler
from packager.passes import normalise
from packager.prune import remove_dead, work_of
from packager.quantize import quantize_model
from packager.quantize.fidelity import accuracy, real_outputs
from packager.util.child import call

Array = npt.NDArray[Any]
Steps = Sequence[tuple[str, Mapping[str, Any]]]
"""In order, each with its options; those of every step that trains or prunes channels are completed by `one`."""
SEEDS = (0, 1, 2)
MULTIPLE = 4
INT8 = Recipe(name="int8-per-channel", description="")

KEYWORDS: Steps = (
    ("subsample", {"share": 0.34}),
    ("low_rank", {"error": 0.1, "layers": ("conv2d_4",)}),
    ("low_rank", {"error": 0.015, "layers": ("conv2d",), "spatial": True, "grow": 4000}),
    ("low_rank", {"error": 0.034, "layers": ("conv2d_1",), "grow": 4000}),
    ("finetune", {
        "hints": 150.0, "epochs": 300, "batch": 50, "learning_rate": 0.003, "held_out": 0.0, "distill": 1.0,
        "augment": Augment(shift=(5, 0), tilt=0.3, mix=1.0, erase=0.15),
    }),
)  # fmt: skip
"""Chosen by training on 200 of the inputs to tune with, judged by the divergence on the other 50, over three seeds."""
PICTURES: Steps = (("gradual", {
    "share": 0.5, "rounds": 1, "importance": "activation", "hints": 0.0, "epochs": 15, "batch": 64,
    "learning_rate": 0.003, "held_out": 0.0, "distill": 0.3, "augment": Augment(shift=(3, 3), flip=(2,)),
}),)  # fmt: skip
"""Chosen by one run of 12 epochs on 18,000 of the training images, scored on the other 2,000."""
DIGITS: Steps = (("gradual", {
    "share": 0.7, "rounds": 1, "importance": "activation", "hints": 1.0, "epochs": 8, "batch": 100,
    "learning_rate": 0.004, "held_out": 0.0, "distill": 0.8, "augment": Augment(shift=(2, 2)),
}),)  # fmt: skip
"""Chosen on 50,000 of the training images, scored on the other 10,000."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One model, and what one seed tunes and scores it with."""

    model: Model
    tune: Samples
    score: Samples


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """What one seed came to."""

    gone: float
    """Share of the multiply-accumulates, in percent."""
    float_before: float
    float_after: float
    int8_before: float
    int8_after: float
    bytes_before: float
    """Of the float file."""
    bytes_after: float
    """Of the int8 file."""


def one(task: Task, steps: Steps, seed: int) -> tuple[Row, Model]:
    """Prune, train, quantize and score; the second is the int8 model."""
    context = Context(
        tuning=task.tune, teacher=task.model, measure=Measurer(task.model, task.tune.head(512)), load=_no_file,
        source=Path("model"), multiple_of=MULTIPLE,
    )  # fmt: skip
    made = task.model
    for name, options in steps:
        step = find_step(name)
        own = {"seed": seed + 1, "threads": 1} if hasattr(step.parameters, "threads") else {}
        own |= {"multiple_of": MULTIPLE} if name == "gradual" else {}
        how = spelled(step.parameters(**options, **own), made.main)
        done = step.apply(made, how, context)
        made, context = done.model, dataclasses.replace(context, kept=done.leaves(context.kept))
    integers = [quantize_model(m, INT8, task.tune.head(512)).model for m in (task.model, made)]
    found = [_accuracy(m, task.score) for m in (task.model, made, *integers)]
    row = Row(
        gone=100 * (1 - work_of(made.main) / work_of(task.model.main)),
        float_before=found[0], float_after=found[1], int8_before=found[2], int8_after=found[3],
        bytes_before=len(write_tflite(task.model)), bytes_after=len(write_tflite(integers[1])),
    )  # fmt: skip
    return row, integers[1]


def _no_file(path: str, *, labels: bool | None) -> Samples:
    raise AssertionError(path, labels)


def _accuracy(model: Model, samples: Samples) -> float:
    assert samples.labels is not None
    return accuracy(real_outputs(model, samples)[0], samples.labels)


def summary(name: str, rows: list[Row]) -> None:
    """Print lowest, mean and highest of each figure."""
    for field in dataclasses.fields(Row):
        values = [getattr(row, field.name) for row in rows]
        print(f"{name}: {field.name}: {min(values):.2f} {statistics.mean(values):.2f} {max(values):.2f}", flush=True)


def keyword_spotting(data: Path) -> None:
    model = normalise(read_model(data / "mlperf-tiny" / "kws_ref_model", ReadOptions()).model)
    held = np.load(data / "mlperf-tiny" / "kws01.npz")
    x = ((held["x"].astype(np.float32) - 83) * np.float32(0.5847029)).astype(np.float32)

    def task(seed: int) -> Task:
        order = np.random.default_rng(seed).permutation(len(x))
        return Task(
            model=model,
            tune=_samples(model, x[order[:250]], held["y"][order[:250]]),
            score=_samples(model, x[order[250:]], held["y"][order[250:]]),
        )

    summary("keyword spotting", [row for row, _ in _rows("keyword spotting", task, KEYWORDS)])


def image_classification(data: Path) -> None:
    model = normalise(read_model(data / "mlperf-tiny" / "pretrainedResnet.h5", ReadOptions()).model)
    train, test = (np.load(data / "cifar10" / f"{part}.npz") for part in ("train", "test"))

    def task(seed: int) -> Task:
        drawn = np.random.default_rng(seed).permutation(len(train["x"]))[:18000]
        return Task(
            model=model,
            tune=_samples(model, train["x"][drawn].astype(np.float32), train["y"][drawn]),
            score=_samples(model, test["x"].astype(np.float32), test["y"]),
        )

    summary("ResNet-8", [row for row, _ in _rows("ResNet-8", task, PICTURES)])


def mnist(data: Path) -> None:
    train, test = (np.load(data / "mnist" / f"{part}.npz") for part in ("train", "test"))
    x = as_input(train["x"])
    blob = call(trained, x, train["y"].astype(np.int64), 0, 4, env={"KERAS_BACKEND": "tensorflow"})
    model = remove_dead(normalise(read_tflite_bytes(blob, name="mnist", source="mnist"))).model

    def task(seed: int) -> Task:
        drawn = np.random.default_rng(seed).permutation(len(x))[:50000]
        return Task(
            model=model,
            tune=_samples(model, x[drawn], train["y"][drawn]),
            score=_samples(model, as_input(test["x"]), test["y"]),
        )

    rows = []
    for row, integer in _rows("MNIST", task, DIGITS):
        rows.append(row)
        litert, generated = speedups(model, integer, as_input(test["x"][:1]))
        print(f"MNIST: {litert:.2f} times the speed of float in LiteRT, {generated:.2f} as C", flush=True)
    summary("MNIST", rows)


def _samples(model: Model, x: Array, y: Array) -> Samples:
    return Samples(arrays={model.input_names()[0]: x}, labels=y.ravel().astype(np.int64), source="tuning")


def _rows(name: str, task: Callable[[int], Task], steps: Steps) -> Iterator[tuple[Row, Model]]:
    for seed in SEEDS:
        row, integer = one(task(seed), steps, seed)
        print(f"{name}: seed {seed}: {row}", flush=True)
        yield row, integer


def speedups(model: Model, integer: Model, x: Array) -> tuple[float, float]:
    """How many times faster than the float model in LiteRT is int8 in LiteRT, and int8 as generated C; one thread each.

    The median over 60 turns, each 50 inferences of all three.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [*compiler(), "-O3", "-march=native"]
        sides = [
            *(_litert(candidate, x).invoke for candidate in (model, integer)),
            Generated(integer, "xnnpack", Path(folder), command).invoke,
        ]
        ratios: tuple[list[float], list[float]] = ([], [])
        for _ in range(60):
            spent = [_spent(invoke) for invoke in sides]
            for ratio, time_of_int8 in zip(ratios, spent[1:], strict=True):
                ratio.append(spent[0] / time_of_int8)
    return statistics.median(ratios[0]), statistics.median(ratios[1])


def _litert(model: Model, x: Array) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=write_tflite(model), num_threads=1)
    interpreter.allocate_tensors()
    detail = interpreter.get_input_details()[0]
    interpreter.set_tensor(detail["index"], x.astype(detail["dtype"]))
    return interpreter


def _spent(invoke: Callable[[], None]) -> float:
    begin = time.perf_counter()
    for _ in range(50):
        invoke()
    return time.perf_counter() - begin


def main() -> None:
    tasks = {task.__name__: task for task in (keyword_spotting, image_classification, mnist)}
    for name in sys.argv[2:] or tasks:
        tasks[name](Path(sys.argv[1]))


if __name__ == "__main__":
    main()
