"""Where a source's own graph has its channels second and the model made from it has them last."""

from typing import Any

import numpy as np
import numpy.typing as npt

Dims = tuple[int, ...]


def is_certain(own: Dims, model: Dims) -> bool:
    """Whether the shapes alone tell how two tensors of one meaning lie to each other."""
    last = _moved_last(own)
    if own == model:
        return len(own) < 3 or last != own or _is_a_vector(own)
    return last == model


def arranged(array: npt.NDArray[Any], dims: Dims) -> npt.NDArray[Any]:
    """Return samples ``[count, ...]`` with the axes in the order that `dims`, batch 1 first, has them.

    What fits neither channels second nor last stays as it is, for the engine to refuse.
    """
    given = (1, *array.shape[1:])
    if given == dims or len(dims) < 3:
        return array
    if _moved_last(given) == dims:
        return np.moveaxis(array, 1, -1)
    return np.moveaxis(array, -1, 1) if _moved_last(dims) == given else array


def _moved_last(dims: Dims) -> Dims:
    return (*dims[:1], *dims[2:], *dims[1:2])


def _is_a_vector(dims: Dims) -> bool:
    """Every order of its axes holds the same elements in the same places."""
    return sum(size != 1 for size in dims) <= 1
