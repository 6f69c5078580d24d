"""Gradual magnitude pruning: the smallest weights become zero along a cubic schedule while the rest is trained."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from packager.compress import _training
from packager.compress._contract import Compressed, Context, Step, Work
from packager.compress._names import named
from packager.compress._training import HintedStep, compressed, trained
from packager.errors import Diagnostic
from packager.ir import ABSENT, Graph, Model
from packager.train.ops import find_trainable

_SMALL = 64
"""Weights of a layer that is left whole: there is nothing to gain."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class SparseTraining(HintedStep):
    sparsity: float
    """The share of zeros that each layer's weights reach, between 0 and 1; over the first 60 % of the epochs."""
    skip: tuple[str, ...] = ()
    """Names of layers that keep all their weights. Depthwise convolutions always do."""


def problems(how: SparseTraining) -> Iterator[tuple[str, str]]:
    yield from _training.problems(how)
    if not 0 < how.sparsity < 1:
        yield f"a sparsity of {how.sparsity:g} can't be reached", "use one between 0 and 1: 0.7 for 70 % zeros"


def check(model: Model, how: SparseTraining, context: Context) -> Iterator[Diagnostic]:
    named(_layers(model.main), how.skip, "skip")
    yield from _training.check(model, how, context)


def apply(model: Model, how: SparseTraining, context: Context) -> Compressed:
    wanted = {t: how.sparsity for name, t in _layers(model.main).items() if name not in how.skip}
    done = trained(model, how, context, sparsify=wanted)
    masks = dict(context.kept.masks)
    zeros = total = 0
    for t in wanted:
        tensor = done.model.main.tensors[t]
        assert tensor.data is not None
        masks[tensor.name] = tensor.data != 0
        zeros, total = zeros + int(np.count_nonzero(tensor.data == 0)), total + tensor.data.size
    share = zeros / total if total else 0.0
    result = compressed(done, how, context, what=f"{share:.1%} of {total} weights became zero; trained")
    return dataclasses.replace(result, kept=dataclasses.replace(context.kept, masks=masks))


def _layers(graph: Graph) -> dict[str, int]:
    """By name, the weights of the layers that this step takes."""
    found = {}
    for index, node in enumerate(graph.nodes):
        known = find_trainable(node.op)
        if known is None or known.filters == ABSENT or node.op == "DEPTHWISE_CONV_2D":
            continue
        t = node.inputs[known.filters]
        data = graph.tensors[t].data
        if data is not None and data.dtype == np.float32 and data.size >= _SMALL:
            found[graph.node_name(index)] = t
    return found


STEP = Step(
    title="gradual magnitude pruning",
    parameters=SparseTraining,
    problems=problems,
    check=check,
    apply=apply,
    files=("train",),
    settles=Work.ZEROS,
    undoes=frozenset({Work.RANGES, Work.CLUSTERS}),
)
