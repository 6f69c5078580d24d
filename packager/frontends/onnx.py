"""ONNX models."""

from pathlib import Path

from packager.errors import UnsupportedError
from packager.frontends._child import convert, model_of
from packager.frontends._contract import ReadOptions, Source
from packager.frontends._file import AGAIN, is_file_named, not_a, read_bytes
from packager.frontends._onnx.convert import convert_onnx
from packager.frontends._protobuf import truncation
from packager.frontends._source import source_of
from packager.frontends._tensorflow import refuse_flex

_IR_VERSION = 0x08
"""The first field of every ONNX file: a number, field 1."""


class _OnnxFrontend:
    def accepts(self, path: Path) -> bool:
        return is_file_named(path, ".onnx")

    def read(self, path: Path, options: ReadOptions) -> Source:
        content = read_bytes(path)
        if content[0] != _IR_VERSION:
            raise not_a(path, "an ONNX file", content[:64])
        if problem := truncation(content):
            raise UnsupportedError(f"{path}: damaged or truncated ONNX file: {problem}", hint=AGAIN)
        converted = convert(convert_onnx, path, "an ONNX model", dict(options.input_shapes))
        model = model_of(converted, path)
        refuse_flex(model, path)
        return source_of(
            path,
            "onnx",
            model,
            notes=converted.notes,
            tools=converted.tools,
            beside=converted.beside,
            onnx=converted.onnx,
        )


FRONTEND = _OnnxFrontend()
