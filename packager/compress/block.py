"""Block sparsity: rectangles of weights, some outputs by some inputs, become zero together; kernels skip them."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from packager.compress._contract import Compressed, Context, Mask, Step, Work
from packager.compress._layers import Layer, Real, float_only
from packager.compress._names import named
from packager.compress._sparse import names, sparsify, taken
from packager.errors import Diagnostic, Severity
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    ratio: float
    """Of the blocks of each layer that shall be zero, between 0 and 1."""
    outputs: int = 0
    """Output channels of a block; 0 for what the targets' kernels skip."""
    inputs: int = 0
    """Columns of a block, input channels of one tap, neighbours in memory; 0 likewise."""
    correct: bool = True
    """Choose and correct by second order on the calibration data; else by magnitude alone, the rest as it was."""
    layers: tuple[str, ...] = ()
    """Names of the layers to prune; empty for all that blocks tile."""
    skip: tuple[str, ...] = ()


def problems(how: Block) -> Iterator[tuple[str, str]]:
    if not 0 < how.ratio < 1:
        yield f"a ratio of {how.ratio:g} can't be zeroed", "use one between 0 and 1: 0.5 for half of the blocks"
    if min(how.outputs, how.inputs) < 0 or how.outputs * how.inputs == 1:
        yield f"{how.outputs} x {how.inputs} is no block", "leave both out, for what the targets' kernels skip"


def check(model: Model, how: Block, context: Context) -> Iterator[Diagnostic]:
    yield from float_only(model, "zeroing weights")
    named(names(model), (*how.layers, *how.skip), "layers and skip")
    chosen = taken(model, how.layers, how.skip)
    outputs, inputs = _shape(how, context)
    if chosen and not any(_fits(layer, outputs, inputs) for layer in chosen):
        yield Diagnostic(
            severity=Severity.ERROR,
            message=f"no layer's weights are tiled by blocks of {outputs} outputs by {inputs} inputs",
            hint="name smaller blocks with `outputs` and `inputs`, or leave the step out",
        )


def apply(model: Model, how: Block, context: Context) -> Compressed:
    outputs, inputs = _shape(how, context)

    def choose(layers: Sequence[Layer], scores: Mapping[int, Real]) -> Mapping[int, Mask]:
        fitting = (layer for layer in layers if _fits(layer, outputs, inputs))
        return {layer.index: best(scores[layer.index], outputs, inputs, how.ratio) for layer in fitting}

    what = f"{how.ratio:g} of the blocks of {outputs} outputs by {inputs} inputs"
    return sparsify(
        model, context, choose, layers=how.layers, skip=how.skip, correct=how.correct, what=what
    )  # fmt: skip


def _shape(how: Block, context: Context) -> tuple[int, int]:
    return how.outputs or context.block[0], how.inputs or context.block[1]


def _fits(layer: Layer, outputs: int, inputs: int) -> bool:
    return layer.outs % outputs == 0 and int(layer.weights.shape[-1]) % inputs == 0


def best(score: Real, outputs: int, inputs: int, ratio: float) -> Mask:
    """The blocks of the highest sums; at least one."""
    rows, columns = score.shape[0] // outputs, score.shape[1] // inputs
    sums = score.reshape(rows, outputs, columns, inputs).sum(axis=(1, 3))
    gone = np.argsort(sums, axis=None, kind="stable")[: min(int(ratio * sums.size), sums.size - 1)]
    stays = np.ones(sums.size, np.bool_)
    stays[gone] = False
    return np.repeat(np.repeat(stays.reshape(rows, columns), outputs, axis=0), inputs, axis=1)


STEP = Step(
    title="block sparsity",
    parameters=Block,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.PATTERN,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS}),
)
