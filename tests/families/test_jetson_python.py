"""The Python runner, with stand-ins for trtexec, TensorRT and CUDA."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from families.jetson_device import Device
from families.making import unread

CUDA = """
#include <stdlib.h>
#include <string.h>
int cudaMalloc(void **p, size_t n) { *p = malloc(n); return *p == NULL; }
int cudaMemcpy(void *to, const void *from, size_t n, int kind) { memcpy(to, from, n); return kind < 1 || kind > 2; }
int cudaDeviceSynchronize(void) { return 0; }
"""
COMMON = """
import ctypes, numpy as np
WEIGHTS = np.array([[1, 2, 3], [4, 5, 6]], np.float32)
class Logger:
    WARNING = 1
    def __init__(self, level): pass
class Context:
    def execute_v2(self, pointers):
        x = np.ctypeslib.as_array(ctypes.cast(pointers[0], ctypes.POINTER(ctypes.c_float)), (3,))
        y = np.ctypeslib.as_array(ctypes.cast(pointers[1], ctypes.POINTER(ctypes.c_float)), (2,))
        y[:] = WEIGHTS @ x
        return True
class Runtime:
    def __init__(self, logger): pass
    def deserialize_cuda_engine(self, content):
        return Engine() if content == b"an engine" else None
def nptype(dtype): return dtype
"""
TENSORRT_10 = (
    COMMON
    + """
class TensorIOMode:
    INPUT, OUTPUT = 0, 1
class Engine:
    num_io_tensors = 2
    def get_tensor_name(self, i): return "xy"[i]
    def get_tensor_mode(self, name): return "xy".index(name)
    def get_tensor_dtype(self, name): return np.float32
    def get_tensor_shape(self, name): return (1, 3) if name == "x" else (1, 2)
    def create_execution_context(self): return Context()
"""
)
TENSORRT_8 = (
    COMMON
    + """
class Engine:
    num_bindings = 2
    def get_binding_name(self, i): return "xy"[i]
    def binding_is_input(self, i): return i == 0
    def get_binding_dtype(self, i): return np.float32
    def get_binding_shape(self, i): return (1, 3 - i)
    def create_execution_context(self): return Context()
"""
)


class Board(Device):
    """A device with stand-ins for TensorRT's Python package and CUDA's library as well."""

    def __init__(self, root: Path, tensorrt: str) -> None:
        super().__init__(root)
        compiler = shutil.which("gcc") or shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler (gcc) to make the stand-in for libcudart with")
        (root / "cuda.c").write_text(CUDA, encoding="utf-8")
        library = root / "lib" / "libcudart.so"
        library.parent.mkdir()
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, root / "cuda.c"], check=True)
        (root / "python").mkdir()
        (root / "python" / "tensorrt.py").write_text(tensorrt, encoding="utf-8")

    @property
    def stand_ins(self) -> dict[str, str]:
        places = {"LD_LIBRARY_PATH": str(self.root / "lib"), "PYTHONPATH": str(self.root / "python")}
        return self.environment | places

    def command(self, *options: str) -> list[str]:
        return [sys.executable, str(self.bundle / "runtime" / "infer.py"), *options]

    def infer(self, *options: str) -> "subprocess.CompletedProcess[str]":
        command, environment, root = self.command(*options), self.stand_ins, self.root
        return subprocess.run(command, env=environment, capture_output=True, check=False, cwd=root, encoding="utf-8")

    def golden(self, outputs: list[list[float]]) -> None:
        folder = self.bundle / "golden"
        folder.mkdir(exist_ok=True)
        np.save(folder / "x.npy", np.array([[1, 0, 0], [1, 1, 1]], np.float32))
        np.save(folder / "y.npy", np.array(outputs, np.float32))
        engines = {"onnxruntime": {"outputs": ["golden/y.npy"]}}
        index = {"count": 2, "inputs": ["golden/x.npy"], "engines": engines}
        (folder / "golden.json").write_text(json.dumps(index), encoding="utf-8")


@pytest.fixture(params=[TENSORRT_10, TENSORRT_8], ids=["10", "8.2"])
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Board:
    return Board(tmp_path, request.param)


def test_the_runner_feeds_the_engine_and_reads_it(board: Board) -> None:
    np.save(board.root / "in.npy", np.array([1, 2, 3], np.float32))
    done = board.infer("in.npy", "-o", "out.npz", "--benchmark", "10")
    assert done.returncode == 0, done.stderr
    assert "y: 1 (32), 0 (14)" in done.stdout
    assert "latency ms over 10 runs: p50" in done.stdout
    assert np.load(board.root / "out.npz")["y"].tolist() == [[14, 32]]


def test_a_reader_that_leaves_ends_it_quietly_as_sigpipe_would(board: Board) -> None:
    np.save(board.root / "in.npy", np.array([1, 2, 3], np.float32))
    code, said = unread(board.command("in.npy"), board.root, board.stand_ins)
    assert (code, "BrokenPipe" in said, "Traceback" in said) == (141, False, False)


def test_the_self_test_passes_and_fails(board: Board) -> None:
    board.golden([[1, 4], [6, 15]])
    done = board.infer("--selftest")
    assert (done.returncode, done.stdout[:16]) == (0, "selftest passed:")
    board.golden([[1, 4], [6, 11]])
    done = board.infer("--selftest")
    assert (done.returncode, done.stdout[:16]) == (4, "selftest FAILED:")


def test_the_runner_explains_what_it_can_not_do(board: Board) -> None:
    np.save(board.root / "in.npy", np.zeros(4, np.float32))
    assert "the engine takes x (1, 3)" in board.infer("in.npy").stderr
    (board.root / "text.npy").write_text("no array", encoding="utf-8")
    assert "text.npy" in board.infer("text.npy").stderr
    assert "give inputs, --selftest or --benchmark" in board.infer().stderr
