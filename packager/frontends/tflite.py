"""`.tflite` files, float or quantized; nothing is converted."""

import dataclasses
from pathlib import Path

from packager.frontends._contract import ReadOptions, Source
from packager.frontends._file import is_file_named, not_a, read_bytes
from packager.frontends._source import source_of
from packager.ir import read_tflite_bytes


class _TfliteFrontend:
    def accepts(self, path: Path) -> bool:
        return is_file_named(path, ".tflite", ".lite")

    def read(self, path: Path, options: ReadOptions) -> Source:
        blob = read_bytes(path)
        if blob[4:8] != b"TFL3":
            raise not_a(path, "a TFLite file", blob[:64])
        model = read_tflite_bytes(blob, name=path.stem, source=str(path))
        return dataclasses.replace(source_of(path, "tflite", model), input_shapes=options.input_shapes)


FRONTEND = _TfliteFrontend()
