"""Running a step as a build does, on a small network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ops.judging import litert
from prune.networks import Array, Network

from packager.compress import Compressed, Context, Count, Kept, plan_step
from packager.compress._measure import Measurer
from packager.config.compression import StepTable
from packager.config.samples import Samples
from packager.errors import Diagnostic
from packager.figure import Curve
from packager.ir import Model


def images(count: int = 40, *dims: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0, 1, (count, *(dims or (6, 6, 4)))).astype(np.float32)


def network(seed: int = 1) -> Model:
    """Convolutions of 3x3 and 1x1, a depthwise one, an addition, a flattening and dense layers."""
    n = Network(seed, integer=False)
    stem = n.conv(n.input(1, 6, 6, 4), 16, 3)
    y = n.conv(n.depthwise(stem), 16, relu=False)
    return n.model(n.dense(n.dense(n.flatten(n.pool(n.add(stem, y, relu=True))), 24, relu=True), 5))


def context(model: Model, x: Array, labels: Array | None = None, **rest: Any) -> Context:
    samples = Samples(arrays={model.input_names()[0]: x}, labels=labels, source="a test")

    def load(path: str, *, labels: bool | None) -> Samples:
        raise NotImplementedError(path, labels)

    measure = Measurer(model, samples)
    return Context(tuning=samples, teacher=model, measure=measure, load=load, source=Path("a test"), **rest)


def run(
    step: str, model: Model, x: Array, *, kept: Kept | None = None, curves: tuple[Curve, ...] = (),
    teacher: Model | None = None, counts: Mapping[str, Count] | None = None, **options: Any,
) -> Compressed:  # fmt: skip
    planned = plan_step(StepTable(step=step, options=options, source=""))
    given = context(teacher or model, x, kept=kept or Kept(), curves=curves, counts=counts or {})
    assert not objections(step, model, x, **options)
    return planned.step.apply(model, planned.parameters, given)


def objections(step: str, model: Model, x: Array, **options: Any) -> list[Diagnostic]:
    planned = plan_step(StepTable(step=step, options=options, source=""))
    return list(planned.step.check(model, planned.parameters, context(model, x)))


def error(before: Model, after: Model, x: Array) -> float:
    """Energy of the change over the variance of the first output."""
    old, new = (litert(m, [x], "BUILTIN")[0] for m in (before, after))
    return float(np.square(old - new).mean() / np.square(old - old.mean(axis=0)).mean())


def weights(model: Model) -> Mapping[str, Array]:
    """By layer name, those of convolutions and dense layers."""
    found = {}
    for i, node in enumerate(model.main.nodes):
        if node.op in {"CONV_2D", "FULLY_CONNECTED"}:
            data = model.main.tensors[node.inputs[1]].data
            assert data is not None
            found[model.main.node_name(i)] = data
    return found
