"""Keras models: `.keras` archives, and the HDF5 files of older versions."""

from pathlib import Path

from packager.errors import UnsupportedError
from packager.frontends._archive import checked_members, member
from packager.frontends._child import convert, model_of
from packager.frontends._contract import ReadOptions, Source
from packager.frontends._file import HDF5, is_file_named, not_a, read_bytes
from packager.frontends._keras_child import convert_keras
from packager.frontends._keras_config import check_config
from packager.frontends._source import source_of
from packager.frontends._tensorflow import refuse_flex
from packager.util.extras import need

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"


class _KerasFrontend:
    def accepts(self, path: Path) -> bool:
        return is_file_named(path, ".keras", ".h5", ".hdf5")

    def read(self, path: Path, options: ReadOptions) -> Source:
        if path.suffix.lower() == ".keras":
            _check_archive(path)
        elif not (head := read_bytes(path, 64)).startswith(HDF5):
            raise not_a(path, "an HDF5 file", head)
        need(("tensorflow", "keras"), "tensorflow", "reading a Keras model")
        converted = convert(convert_keras, path, "a Keras model", dict(options.input_shapes))
        model = model_of(converted, path)
        refuse_flex(model, path)
        return source_of(path, "keras", model, notes=converted.notes, tools=converted.tools)


def _check_archive(path: Path) -> None:
    names = checked_members(path, "a Keras model")
    if not {_CONFIG, _WEIGHTS} <= names:
        hint = "save the whole model: model.save('model.keras')"
        raise UnsupportedError(f"{path}: an archive without a Keras model in it", hint=hint)
    check_config(member(path, _CONFIG), path)


FRONTEND = _KerasFrontend()
