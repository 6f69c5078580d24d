"""TensorFlow SavedModel folders, of any version."""

from pathlib import Path

from packager.errors import UnsupportedError
from packager.frontends._child import convert, model_of
from packager.frontends._contract import ReadOptions, Source
from packager.frontends._file import AGAIN, read_bytes
from packager.frontends._protobuf import truncation
from packager.frontends._saved_model_child import convert_saved_model
from packager.frontends._source import source_of
from packager.frontends._tensorflow import refuse_flex
from packager.util.extras import need

_GRAPH = "saved_model.pb"


class _SavedModelFrontend:
    def accepts(self, path: Path) -> bool:
        return (path / _GRAPH).is_file()

    def read(self, path: Path, options: ReadOptions) -> Source:
        _check_folder(path)
        need(("tensorflow",), "tensorflow", "reading a SavedModel")
        converted = convert(convert_saved_model, path, "a SavedModel", dict(options.input_shapes))
        model = model_of(converted, path)
        refuse_flex(model, path)
        return source_of(path, "saved_model", model, notes=converted.notes, tools=converted.tools)


def _check_folder(path: Path) -> None:
    if problem := truncation(read_bytes(path / _GRAPH)):
        raise UnsupportedError(f"{path / _GRAPH}: damaged: {problem}", hint=AGAIN)
    index, data = path / "variables" / "variables.index", list(path.glob("variables/variables.data-*"))
    if index.is_file() != bool(data):
        missing = "variables/variables.data-*" if index.is_file() else "variables/variables.index"
        raise UnsupportedError(f"{path}: {missing} is missing", hint="copy the whole folder")


FRONTEND = _SavedModelFrontend()
