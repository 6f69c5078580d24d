"""The C runtime of a model as a shared library of this machine, for benchmarks to call."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np

from packager.config.samples import Samples
from packager.emit.c import emit_c
from packager.ir import Model
from packager.ops import Array


class Generated:
    """The C runtime as a shared library, its arena ours."""

    def __init__(self, model: Model, arithmetic: str, folder: Path, command: list[str]) -> None:
        rng = np.random.default_rng(0)
        self.inputs = [rng.integers(-128, 128, (1, *t.dims[1:])).astype(np.int8) for t in model.input_types()]
        samples = Samples(arrays=dict(zip(model.input_names(), self.inputs, strict=True)))
        for entry in emit_c(model, arithmetic, samples, name="benchmark"):
            path = folder / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.content)
        source = folder / "runtime/c"
        library = folder / "model.so"
        files = [str(source / name) for name in ("model.c", "model_weights.c", "selftest.c")]
        subprocess.run([*command, "-shared", "-fPIC", f"-I{source}", *files, "-o", str(library)], check=True)
        self.library = ctypes.CDLL(str(library))
        header = (source / "model.h").read_text(encoding="utf-8")
        size = int(header.split("MODEL_ARENA_BYTES ")[1].split("u")[0])
        self.space = np.zeros(size + 64, np.uint8)
        self.at = -self.space.ctypes.data % 64
        self.model = ctypes.c_void_p(0)
        if self.library.model_init(ctypes.byref(self.model), ctypes.c_void_p(self.space.ctypes.data + self.at), size):
            raise RuntimeError("the arena was refused")
        self.library.model_input.restype = self.library.model_output.restype = ctypes.c_void_p
        self.pointer = ctypes.byref(self.model)

    def invoke(self) -> None:
        self.library.model_invoke(self.pointer)

    def run(self, model: Model) -> Array:
        for i, array in enumerate(self.inputs):
            ctypes.memmove(self.library.model_input(self.pointer, i), array.ctypes.data, array.nbytes)
        self.invoke()
        count = model.output_types()[0].nbytes
        return np.frombuffer(ctypes.string_at(self.library.model_output(self.pointer, 0), count), np.int8)
