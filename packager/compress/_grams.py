"""Mean and covariance of what layers multiply."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from packager.compress._contract import Array
from packager.compress._layers import Layer, Real
from packager.compress._rows import drawn, rows_of, traced
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Gram:
    """What a layer's rows are like over the tuning inputs."""

    mean: Real
    """``[columns]``"""
    covariance: Real
    """``[columns, columns]``"""

    def ridged(self, ridge: float) -> Real:
        """The covariance with a share of its mean variance added to the diagonal."""
        return ridged(self.covariance, ridge)


def ridged(matrix: Real, ridge: float) -> Real:
    """A symmetric matrix with a share of its mean diagonal added to the diagonal, so that it has an inverse."""
    added = ridge * float(np.diag(matrix).mean()) + float(np.finfo(np.float64).tiny)
    return matrix + added * np.eye(len(matrix))


def grams(
    model: Model, layers: Sequence[Layer], inputs: Sequence[Array], *, seed: int, limit: int = 40_000
) -> dict[int, Gram]:
    """Gather mean and covariance of what layers multiply, by operator index; of depthwise layers nothing.

    At most about `limit` rows a layer, drawn at random, are looked at.

    Raises:
        UnsupportedError: LiteRT can't run the model.
    """
    wanted = [layer for layer in layers if not layer.depthwise]
    sums = {layer.index: _Sums(layer.matrix.shape[1]) for layer in wanted}
    rng, count = np.random.default_rng(seed), len(inputs[0])
    for part in traced(model, inputs, [layer.source for layer in wanted]) if wanted else ():
        for layer in wanted:
            x = part[layer.source]
            at = drawn(layer, len(x), -(-limit * len(x) // count), rng)
            for some in np.array_split(at, max(1, len(at) // 4096)):
                sums[layer.index].add(rows_of(layer, x, some).astype(np.float64))
    return {index: total.gram() for index, total in sums.items()}


class _Sums:
    """First and second moments, gathered in double."""

    def __init__(self, columns: int) -> None:
        self.count, self.first, self.second = 0, np.zeros(columns), np.zeros((columns, columns))

    def add(self, rows: Real) -> None:
        self.count += len(rows)
        self.first += rows.sum(axis=0)
        self.second += rows.T @ rows

    def gram(self) -> Gram:
        mean = self.first / self.count
        return Gram(mean=mean, covariance=self.second / self.count - np.outer(mean, mean))
