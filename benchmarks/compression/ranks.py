"""What a low rank costs by each of `low_rank`'s metrics, layer by layer, on keyword spotting.

    python benchmarks/compression/ranks.py REFERENCE_DATA [SEED...]

Of the 250 inputs that `steps.py` tunes with, 180 give covariances and Fisher information, 70 tell the divergence of the
answer (mean Kullback-Leibler, in nats) with one layer at a rank, the others as they were; refitted to the 180, and
before. The inputs that score elsewhere are not looked at. Prints Markdown.
"""

import dataclasses
import sys
from pathlib import Path

from steps import keyword_spotting

from packager.compress._factors import Factors, factorized, with_factors
from packager.compress._grams import Gram, grams
from packager.compress._layers import Layer, Real, layers_of
from packager.compress._measure import Measurer
from packager.compress._refit import refit
from packager.config.samples import Samples
from packager.train import Example, fisher_of

RANKS = (16, 24, 32)
FIT = 180


def of_rank(layer: Layer, gram: Gram, metric: Real | None, rank: int) -> Factors:
    """The factors of that rank: the error that leads to it is looked for by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if len(factorized(layer, gram, middle, metric).first) > rank:
            low = middle
        else:
            high = middle
    return factorized(layer, gram, high, metric)


def table(data: Path, seed: int) -> None:
    model, tune, _ = keyword_spotting(data, seed)
    ((name, x),) = tune.arrays.items()
    fit = x[:FIT]
    layers = [layer for layer in layers_of(model.main) if not layer.depthwise][1:-1]
    covariances = grams(model, layers, [fit], seed=0)
    results = {layer.index: model.main.nodes[layer.index].outputs[0] for layer in layers}
    metrics = fisher_of(model, Example(inputs=(fit,), labels=None), list(results.values()))
    measure = Measurer(model, dataclasses.replace(Samples(arrays={name: x[FIT:]}), source="inner"))
    for layer in layers:
        for rank in RANKS:
            cells = []
            for metric in (None, metrics[results[layer.index]]):
                raw = with_factors(model, layer.name, of_rank(layer, covariances[layer.index], metric, rank))
                cells += [score.loss for score in measure([raw, refit(model, raw, [fit], seed=0)])]
            before, after, told, fitted = (f"{cell:.4f}" for cell in cells)
            name = layer.name.rsplit(";", 1)[-1]
            print(f"| {seed} | {name} | {rank} | {before} | {told} | {after} | {fitted} |", flush=True)


def main() -> None:
    print(
        "| seed | layer | rank | output | fisher | output, refitted | fisher, refitted |\n|--:|---|--:|--:|--:|--:|--:|"
    )
    for seed in [int(word) for word in sys.argv[2:]] or [0, 1]:
        table(Path(sys.argv[1]), seed)


if __name__ == "__main__":
    main()
