"""`.tflite` files, float or quantized; nothing is converted."""

from pathlib import Path

from packager.frontends._contract import ReadOptions, Source
from packager.frontends._file import is_file_named, not_a, read_bytes
from packager.frontends._source import source_of
from packager.ir import read_tflite_bytes


class _TfliteFrontend:
    def accepts(self, path: Path) -> bool:
        return is_file_named(path, ".tflite", ".lite")

    def read(self, path: Path, options: ReadOptions) -> Source:  # noqa: ARG002 - its shapes are its own
        blob = read_bytes(path)
        if blob[4:8] != b"TFL3":
            raise not_a(path, "a TFLite file", blob[:64])
        return source_of(path, "tflite", read_tflite_bytes(blob, name=path.stem, source=str(path)))


FRONTEND = _TfliteFrontend()
