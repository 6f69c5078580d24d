"""Generated C against LiteRT on this machine, one thread each, taking turns in one process.

    python benchmarks/runtime/run.py MODEL.tflite... [--cc clang] [--flags=-march=native] [--seconds 2]

Prints Markdown: the least time of each over many short turns, in microseconds, and the ratio. Both compute the same
integers, which is checked first.
"""

import argparse
import ctypes
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from packager.config.samples import Samples
from packager.emit.c import emit_c, unsupported
from packager.ir import Model, read_tflite
from packager.measure.c import compiler
from packager.ops import Array

RESOLVERS = {"xnnpack": OpResolverType.BUILTIN, "integer": OpResolverType.BUILTIN_REF}
TURN = 0.02
"""Seconds that one side runs before the other takes over."""
LONG = 0.001
"""Seconds."""


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


def peer(path: Path, arithmetic: str, inputs: list[Array]) -> Interpreter:
    interpreter = Interpreter(model_path=str(path), num_threads=1, experimental_op_resolver_type=RESOLVERS[arithmetic])
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array.reshape(detail["shape"]))
    interpreter.invoke()
    return interpreter


def turns(first: Callable[[], None], second: Callable[[], None], seconds: float) -> tuple[float, float]:
    """The least microseconds of each, taking turns.

    What takes longer than `LONG` is hardly ever left alone on a busy machine: then the thread's own time counts.
    """
    start = time.perf_counter()
    first()
    clock = time.thread_time if time.perf_counter() - start > LONG else time.perf_counter
    least = [float("inf"), float("inf")]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for side, invoke in enumerate((first, second)):
            stop = time.perf_counter() + TURN
            while time.perf_counter() < stop:
                start = clock()
                invoke()
                least[side] = min(least[side], clock() - start)
    return least[0] * 1e6, least[1] * 1e6


def measure(path: Path, arithmetic: str, command: list[str], seconds: float) -> str:
    model = read_tflite(path)
    if found := unsupported(model, arithmetic):
        return f"| {path.stem} | {arithmetic} | {found[0]} | | |"
    with tempfile.TemporaryDirectory() as folder:
        ours = Generated(model, arithmetic, Path(folder), command)
        theirs = peer(path, arithmetic, ours.inputs)
        expected = theirs.get_tensor(theirs.get_output_details()[0]["index"]).reshape(-1)
        differing = int((ours.run(model) != expected).sum())
        mine, yours = turns(ours.invoke, theirs.invoke, seconds)
    return f"| {path.stem} | {arithmetic} | {mine:.1f} | {yours:.1f} | {mine / yours:.2f} | {differing} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--cc", default=" ".join(compiler()))
    parser.add_argument("--flags", default="-march=native")
    parser.add_argument("--arithmetic", default="xnnpack", choices=sorted(RESOLVERS))
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    command = [*shlex.split(asked.cc), "-std=c99", "-O3", *shlex.split(asked.flags)]
    print(f"`{' '.join(Path(word).name for word in command)}`\n")
    print("| model | arithmetic | C, us | LiteRT, us | ratio | differing outputs |\n|---|---|---|---|---|---|")
    for path in asked.models:
        print(measure(path, asked.arithmetic, command, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
