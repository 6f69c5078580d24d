"""Models of one operator that remembers: SVDF and LSTM with random weights."""

import dataclasses
from typing import Any

import numpy as np
from ops.judging import quant

from packager.ir import ABSENT, Activation, DType, GraphBuilder, Model


@dataclasses.dataclass(frozen=True, kw_only=True)
class Svdf:
    batch: int = 1
    inputs: int = 5
    units: int = 4
    rank: int = 2
    memory: int = 6
    bias: bool = True
    zeros: tuple[int, int] = (-3, 5)
    scales: tuple[float, float, float] = (0.05, 0.002, 0.08)
    """Of input, state and output."""
    activation: Activation = Activation.RELU
    seed: int = 0


def svdf(case: Svdf) -> Model:
    rng = np.random.default_rng(case.seed)
    b = GraphBuilder()
    filters = case.units * case.rank
    x = b.input("x", (case.batch, case.inputs), DType.INT8, quant(case.scales[0], case.zeros[0]))
    features = b.const(rng.integers(-127, 128, (filters, case.inputs)).astype(np.int8), "f", quant(0.01))
    time = b.const(rng.integers(-32767, 32768, (filters, case.memory)).astype(np.int16), "t", quant(1e-4))
    bias = ABSENT
    if case.bias:
        bias = b.const(rng.integers(-90000, 90000, case.units).astype(np.int32), "b", quant(case.scales[1] * 1e-4))
    state = b.variable("s", (case.batch, filters * case.memory), DType.INT16, quant(case.scales[1]))
    out = b.op(
        "SVDF",
        [x, features, time, bias, state],
        (case.batch, case.units),
        options="SVDFOptions",
        dtype=DType.INT8,
        quant=quant(case.scales[2], case.zeros[1]),
        version=3,
        rank=case.rank,
        fused_activation_function=case.activation,
    )
    return b.model([out])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Lstm:
    batch: int = 1
    steps: int = 4
    inputs: int = 5
    cells: int = 6
    outputs: int = 0
    """With a projection; 0 for none."""
    projection_bias: bool = True
    coupled: bool = False
    peephole: bool = False
    time_major: bool = False
    cell_clip: float = 0.0
    projection_clip: float = 0.0
    cell_shift: int = -11
    zeros: tuple[int, int] = (-3, 5)
    hidden: tuple[float, int] | None = None
    """Scale and zero point of the hidden state; by default the output's."""
    scales: tuple[float, float] = (0.03, 1 / 128)
    seed: int = 0


def lstm(case: Lstm) -> Model:
    rng = np.random.default_rng(case.seed)
    b = GraphBuilder()
    outputs = case.outputs or case.cells
    order = (case.steps, case.batch) if case.time_major else (case.batch, case.steps)
    x = b.input("x", (*order, case.inputs), DType.INT8, quant(case.scales[0], case.zeros[0]))

    def weights(name: str, *shape: int) -> int:
        scale = float(0.02 * rng.uniform(0.5, 1.5))
        return b.const(rng.integers(-127, 128, shape).astype(np.int8), name, quant(scale))

    def words(name: str, kind: Any, most: int, scale: float, count: int = case.cells) -> int:
        return b.const(rng.integers(-most, most, count).astype(kind), name, quant(scale))

    gates = range(1, 4) if case.coupled else range(4)
    into = [weights(f"w{g}", case.cells, case.inputs) if g in gates else ABSENT for g in range(4)]
    back = [weights(f"r{g}", case.cells, outputs) if g in gates else ABSENT for g in range(4)]
    peepholes = [ABSENT] * 3
    if case.peephole:
        peepholes = [words(f"p{g}", np.int16, 32767, 1e-4) if g or not case.coupled else ABSENT for g in range(3)]
    biases = [words(f"b{g}", np.int32, 5000, 0.0006) if g in gates else ABSENT for g in range(4)]
    projection = [ABSENT] * 2
    if case.outputs:
        projection[0] = weights("p", outputs, case.cells)
        if case.projection_bias:
            projection[1] = words("pb", np.int32, 5000, 0.0001, outputs)
    y = quant(case.scales[1], case.zeros[1])
    states = [
        b.variable("h", (case.batch, outputs), DType.INT8, y),
        b.variable("c", (case.batch, case.cells), DType.INT16, quant(2.0**case.cell_shift)),
    ]
    hidden = y if case.hidden is None else quant(*case.hidden)
    within = tuple(b.tensor(f"i{i}", (0,), DType.INT16, quant(2.0**-12)) for i in range(4))
    within += (b.tensor("i4", (0,), DType.INT8, hidden),)
    out = b.tensor("y", (*order, outputs), DType.INT8, y)
    b.node(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        [x, *into, *back, *peepholes, *biases, *projection, *states, *[ABSENT] * 4],
        [out],
        options="UnidirectionalSequenceLSTMOptions",
        version=3,
        intermediates=within,
        fused_activation_function=Activation.TANH,
        time_major=case.time_major,
        cell_clip=case.cell_clip,
        proj_clip=case.projection_clip,
    )
    return b.model([out])


SVDFS = {
    "ordinary": Svdf(),
    "one": Svdf(inputs=1, units=1, rank=1, memory=1),
    "two-rows": Svdf(batch=2, units=3, rank=3, memory=5),
    "no-bias": Svdf(bias=False, rank=1),
    "long": Svdf(inputs=40, units=8, memory=10, seed=3),
    "saturating": Svdf(scales=(0.4, 0.0001, 0.01), zeros=(127, -128)),
    "coarse": Svdf(scales=(0.01, 0.05, 3.0), zeros=(-128, 127)),
    "relu": Svdf(zeros=(0, -128), seed=5),
}
LSTMS = {
    "ordinary": Lstm(),
    "one": Lstm(steps=1, inputs=1, cells=1),
    "two-rows": Lstm(batch=2, steps=3),
    "time-major": Lstm(batch=2, steps=3, time_major=True),
    "coupled": Lstm(coupled=True),
    "peephole": Lstm(peephole=True),
    "coupled-peephole": Lstm(coupled=True, peephole=True, batch=2),
    "projection": Lstm(outputs=3),
    "projection-no-bias": Lstm(outputs=8, projection_bias=False, projection_clip=0.3),
    "hidden": Lstm(outputs=3, hidden=(0.006, -9)),
    "hidden-at-the-end": Lstm(outputs=3, hidden=(0.004, 127), steps=6),
    "everything": Lstm(outputs=5, peephole=True, cell_clip=1.5, projection_clip=0.7, batch=2, time_major=True),
    "cell-clip": Lstm(cell_clip=0.8, steps=6),
    "coarse-cell": Lstm(cell_shift=-9, steps=6),
    "fine-cell": Lstm(cell_shift=-15, steps=6),
    "saturating": Lstm(scales=(0.3, 1 / 256), zeros=(127, -128), steps=6, cells=17, inputs=20),
    "ends": Lstm(zeros=(-128, 127), seed=4),
}
