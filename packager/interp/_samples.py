"""How several samples of a model's inputs and outputs lie in one array.

A leading dimension of 1 is the sample's own and is dropped: samples of a ``[1, 49, 10, 1]`` tensor are
``[count, 49, 10, 1]``, those of a ``[8, 4]`` tensor ``[count, 8, 4]``.
"""

from collections.abc import Sequence

from packager.errors import ConfigError
from packager.ir import TensorType
from packager.ops import Array


def own_dims(dims: Sequence[int]) -> tuple[int, ...]:
    """The dimensions of one sample, without a leading 1."""
    return tuple(dims[1:]) if dims and dims[0] == 1 else tuple(dims)


def check(inputs: Sequence[Array], names: Sequence[str], types: Sequence[TensorType]) -> int:
    """Return the number of samples.

    Raises:
        ConfigError: an array is missing, of the wrong type or shape, or the counts differ.
    """
    if len(inputs) != len(types):
        raise ConfigError(f"the model has {len(types)} inputs, {len(inputs)} arrays were given")
    for array, name, type_ in zip(inputs, names, types, strict=True):
        wanted = own_dims(fixed_dims(type_))
        if array.ndim == 0 or array.shape[1:] != wanted:
            raise ConfigError(
                f"input {name!r} is given as {array.shape}, wanted [count, {', '.join(map(str, wanted))}]"
            )
        if type_.dtype.numpy is None or array.dtype != type_.dtype.numpy:
            raise ConfigError(f"input {name!r} is given as {array.dtype}, wanted {type_.dtype}")
    counts = {array.shape[0] for array in inputs}
    if len(counts) > 1:
        raise ConfigError(f"the inputs differ in their number of samples: {sorted(counts)}")
    return counts.pop() if counts else 1


def fixed_dims(type_: TensorType) -> tuple[int, ...]:
    """The shape as it is run: the file's, in which a dynamic dimension is 1 already."""
    return tuple(1 if size < 0 else size for size in type_.dims)
