"""Arrays out of data files, with every way a file can be wrong turned into one line."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import ConfigError

Array = npt.NDArray[Any]
LABELS = "y"
_DAMAGE = (ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError, MemoryError)
"""What numpy raises on a truncated file, a pickle, an absurd size, or a compression it does not know."""
_FORMS = "give an .npz, an .npy or a folder of .npy files"


def read_arrays(path: Path, wanted: frozenset[str]) -> dict[str, Array]:
    """Return the arrays of a file or folder by name; ``""`` names the only one of an `.npy` or of a folder of samples.

    `wanted` are the names that an input may go by: a folder that holds one of them as ``<name>.npy`` is one file an
    input, any other folder one file a sample.

    Raises:
        ConfigError: no such file, another format, or a damaged one.
    """
    if path.is_dir():
        return _folder(path, wanted)
    if path.suffix not in {".npz", ".npy"}:
        raise ConfigError(f"{path}: not a data file", hint=_FORMS)
    loaded = _load(path)
    return {"": loaded} if isinstance(loaded, np.ndarray) else dict(loaded)


def _load(path: Path) -> Array | Mapping[str, Array]:
    try:
        with path.open("rb") as file:  # numpy leaves a file open that it can't read to its end
            loaded = np.load(file, allow_pickle=False)
            if isinstance(loaded, np.ndarray):
                return loaded
            with loaded:
                return {name: loaded[name] for name in loaded.files}
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}", hint="check the path and its permissions") from None
    except _DAMAGE as error:
        raise ConfigError(
            f"{path}: can't be read: {' '.join(str(error).split())}",
            hint="write it anew with numpy.savez(path, x=inputs); arrays of Python objects are not read",
        ) from None


def _folder(path: Path, wanted: frozenset[str]) -> dict[str, Array]:
    files = sorted(p for p in path.iterdir() if p.suffix == ".npy")
    if not files:
        raise ConfigError(f"{path}: holds no .npy file", hint=_FORMS)
    arrays: dict[str, Array] = {}
    for file in files:
        array = _load(file)
        assert isinstance(array, np.ndarray)
        arrays[file.stem] = array
    if wanted & arrays.keys():
        return arrays
    labels = {LABELS: arrays.pop(LABELS)} if LABELS in arrays else {}
    if not arrays:
        raise ConfigError(f"{path}: holds labels and no inputs", hint=_FORMS)
    return {"": _stack(path, arrays), **labels}


def _stack(path: Path, arrays: Mapping[str, Array]) -> Array:
    first_name, first = next(iter(arrays.items()))
    for name, array in arrays.items():
        if array.shape != first.shape or array.dtype != first.dtype:
            raise ConfigError(
                f"{path}: {name}.npy is {array.dtype} {array.shape},"
                f" but {first_name}.npy is {first.dtype} {first.shape}",
                hint="each file holds one sample, all of one shape and type",
            )
    return np.stack(list(arrays.values()))
