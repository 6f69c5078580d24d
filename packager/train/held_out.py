"""Data in two parts: what is learned from, and what tells whether more was learned than that."""

import numpy as np

from packager.config.training import Training
from packager.train._contract import Array, Example


def parted(data: Example, how: Training, rng: np.random.Generator) -> tuple[Example, Example | None]:
    """What is learned from, and what is held out; at least one input is learned from."""
    count = min(round(how.held_out * data.count), data.count - 1)
    order = rng.permutation(data.count)
    if not count:
        return data, None
    return _some(data, order[count:]), _some(data, order[:count])


def _some(data: Example, part: Array) -> Example:
    labels = None if data.labels is None else data.labels[part]
    return Example(inputs=tuple(np.asarray(x[part], np.float32) for x in data.inputs), labels=labels)
