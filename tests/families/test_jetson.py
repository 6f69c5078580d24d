"""Jetson bundles: the ONNX file of each board, and the scripts with stand-ins for trtexec, TensorRT and CUDA."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from families.making import dense_model, float_source, integer_source, job, unpack

from packager.config.profile import TensorRt, load_profile
from packager.config.recipe import Sensitivity
from packager.config.samples import Samples
from packager.errors import Severity
from packager.families import family_of
from packager.families.jetson import FAMILY
from packager.figure import Place
from packager.ir import GraphBuilder, Model
from packager.quantize import PlannedOp, Quantized, QuantPlan

TRTEXEC = """#!/bin/sh
echo "&&&& RUNNING TensorRT.trtexec [TensorRT v{number}] # trtexec $*"
case "$*" in *--help*) echo '  {options}'; exit 0 ;; esac
echo "$*" >>"{record}"
for word in "$@"; do
    case $word in --saveEngine=*) printf 'an engine' >"${{word#--saveEngine=}}" ;; esac
done
{then}
"""
NEW, OLD = "--memPoolSize=poolspec --skipInference --fp16 --int8", "--workspace=N --buildOnly --fp16 --int8"


def constants(content: bytes) -> dict[str, "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"]:
    return {c.name: onnx.numpy_helper.to_array(c) for c in onnx.load_from_string(content).graph.initializer}


def nodes(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


def errors(target: str, quantized: Quantized, scheme: str = "int8") -> list[str]:
    return [str(d) for d in FAMILY.check(job(target, quantized, scheme=scheme)) if d.severity is Severity.ERROR]


def test_the_family_is_found_by_the_name_of_a_profile() -> None:
    assert family_of(load_profile("jetson")) is FAMILY


@pytest.mark.parametrize(
    ("target", "weights"), [("jetson-orin-nano", np.int8), ("jetson-agx-xavier", np.float32)], ids=["10.3", "8.5"]
)
def test_weights_are_integers_only_for_a_tensorrt_that_takes_them(target: str, weights: type[np.generic]) -> None:
    product = FAMILY.emit(job(target, float_source(dense_model())))
    model = product.files[0]
    assert (model.path, product.artifact, product.engine) == ("model/model.onnx", "model/model.onnx", "onnxruntime")
    assert product.default is Place.GPU
    assert [a.dtype for a in constants(model.content).values() if a.size == 6] == [weights]
    assert onnx.load_from_string(model.content).opset_import[0].version == 13


def test_a_board_without_int8_gets_a_float_model_and_a_note() -> None:
    product = FAMILY.emit(job("jetson-nano", float_source(dense_model())))
    assert nodes(product.files[0].content) == ["Gemm"]
    (note,) = product.diagnostics
    assert note.severity is Severity.NOTE
    assert "compute capability 5.3" in note.message
    script = next(e for e in product.files if e.path == "runtime/build_engine.sh")
    assert b'precision="--fp16"' in script.content
    assert script.executable


@pytest.mark.parametrize(("scheme", "flags"), [("float16", "--fp16"), ("float32", "")])
def test_float_recipes_are_obeyed(scheme: str, flags: str) -> None:
    product = FAMILY.emit(job("jetson", float_source(dense_model()), scheme=scheme))
    assert nodes(product.files[0].content) == ["Gemm"]
    script = next(e for e in product.files if e.path == "runtime/build_engine.sh")
    assert f'precision="{flags}"' in script.content.decode()


def test_a_source_that_is_integer_already_keeps_its_weights() -> None:
    made = job("jetson", integer_source())
    assert not list(FAMILY.check(made))
    content = FAMILY.emit(made).files[0].content
    found = constants(content)
    original = made.quantized.model.main.tensors[1].data
    assert original is not None
    assert any(a.dtype == np.int8 and np.array_equal(a, original) for a in found.values() if a.size == 6)
    assert np.float32(64 / 127) in [a[()] for a in found.values() if a.shape == ()]


def test_operators_that_the_recipe_keeps_in_float_are_kept() -> None:
    source = float_source(dense_model())
    ops = (PlannedOp(index=0, where="", scheme="float32", reason="rule"),)
    plan = QuantPlan(recipe="test", engine="litert", ranges=source.ranges, ops=ops)
    product = FAMILY.emit(job("jetson", dataclasses.replace(source, plan=plan)))
    assert nodes(product.files[0].content) == ["Gemm"]


def test_everything_that_is_missing_is_named_at_once() -> None:
    b = GraphBuilder()
    hashed = b.op("LSH_PROJECTION", [b.input("x", (1, 3))], (1, 3), name="hashed")
    weights = b.const(np.ones((2, 3), np.float32))
    out = b.op("FULLY_CONNECTED", [hashed, weights], (1, 2), options="FullyConnectedOptions")
    source = dataclasses.replace(float_source(b.model([out])), ranges={})
    found = errors("jetson", source)
    assert len(found) == 2
    assert "LSH_PROJECTION #0 'hashed'" in found[0]
    assert "no calibrated range" in found[1]
    assert len(errors("jetson-nano", source)) == 1  # a float model needs no range


def test_a_scheme_or_a_tensorrt_that_can_not_do_it_is_refused() -> None:
    source = float_source(dense_model())
    (found,) = errors("jetson", source, scheme="int16x8")
    assert "no 'int16x8' arithmetic" in found
    old = TensorRt(version="7.1.3", max_opset=11, compute_capability="7.2", int8=True)
    profile = dataclasses.replace(load_profile("jetson"), tensorrt=old)
    (diagnostic,) = FAMILY.check(job(profile, source))
    assert "opset 11" in diagnostic.message
    (diagnostic,) = FAMILY.check(job(dataclasses.replace(profile, tensorrt=None), source))
    assert "[tensorrt]" in diagnostic.message


def test_the_files_are_the_same_each_time() -> None:
    one, two = (FAMILY.emit(job("jetson", float_source(dense_model()))).files for _ in range(2))
    assert [(e.path, e.content) for e in one] == [(e.path, e.content) for e in two]


def script(target: str, model: Model, scheme: str = "int8") -> str:
    files = FAMILY.emit(job(target, float_source(model), scheme=scheme)).files
    return next(e.content.decode() for e in files if e.path == "runtime/build_engine.sh")


def sparse_model() -> Model:
    """Eight numbers in, two out, of every four weights two zero."""
    b = GraphBuilder()
    weights = b.const(np.array([[1, 0, 0, 2, 0, 3, 4, 0], [0, 0, 5, 6, 0, 0, 0, 7]], np.float32))
    x = b.input("x", (1, 8))
    return b.model([b.op("FULLY_CONNECTED", [x, weights], (1, 2), options="FullyConnectedOptions", name="y")])


def test_sparse_kernels_are_allowed_where_board_and_weights_have_them() -> None:
    assert "--int8 --fp16 --sparsity=enable" in script("jetson-orin-nano", sparse_model())
    assert '--fp16 --sparsity=enable"' in script("jetson-agx-orin", sparse_model(), "float16")
    assert "--sparsity" not in script("jetson-agx-xavier", sparse_model())
    assert "--sparsity" not in script("jetson-orin-nano", dense_model())


class Device:
    """A bundle, with a stand-in for trtexec that writes down what it is asked."""

    def __init__(self, root: Path, target: str = "jetson", scheme: str = "int8", *, bundle: Path | None = None) -> None:
        self.root = root
        made = bundle or unpack(FAMILY.emit(job(target, float_source(dense_model()), scheme=scheme)), root / "bundle")
        self.bundle = made
        self.record, self.cache = root / "record", root / "cache"
        self.install()

    def install(self, number: str = "100300", options: str = NEW, then: str = "exit 0") -> None:
        program = self.root / "bin" / "trtexec"
        program.parent.mkdir(exist_ok=True)
        script = TRTEXEC.format(number=number, options=options, record=self.record, then=then)
        program.write_text(script, encoding="utf-8")
        program.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("EDGEPACK_", "TRTEXEC"))}
        return kept | {"PATH": path, "EDGEPACK_ENGINE_CACHE": str(self.cache), "EDGEPACK_BOARD": "NVIDIA Orin Nano!"}

    def build(self, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        command = ["sh", str(self.bundle / "runtime" / "build_engine.sh"), *options]
        return subprocess.run(
            command,
            env=self.environment | environment,
            capture_output=True,
            check=False,
            cwd=self.root,
            encoding="utf-8",
        )

    def asked(self) -> list[list[str]]:
        text = self.record.read_text(encoding="utf-8") if self.record.exists() else ""
        return [line.split() for line in text.splitlines()]


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


def test_the_engine_is_built_once_and_found_again(device: Device) -> None:
    first, second = device.build(), device.build()
    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stdout == second.stdout
    engine = Path(first.stdout.strip())
    assert engine.read_text(encoding="utf-8") == "an engine"
    assert engine.name.startswith("NVIDIA-Orin-Nano--trt100300-")
    (asked,) = device.asked()
    assert {"--int8", "--fp16", "--skipInference"} < set(asked)
    assert any(word.startswith("--memPoolSize=workspace:") for word in asked)
    assert any(word.startswith("--timingCacheFile=") for word in asked)
    assert any(word.startswith("--onnx=") and word.endswith("/model/model.onnx") for word in asked)
    assert sorted(p.suffix for p in device.cache.iterdir()) == [".engine", ".log"]


def test_an_old_trtexec_gets_its_own_options(device: Device) -> None:
    device.install(number="8201", options=OLD)
    assert device.build(EDGEPACK_WORKSPACE_MIB="256").returncode == 0
    (asked,) = device.asked()
    assert {"--workspace=256", "--buildOnly"} < set(asked)


def test_the_engine_is_built_anew_when_anything_it_hangs_on_changes(device: Device) -> None:
    engines = [device.build().stdout]
    engines.append(device.build(EDGEPACK_BOARD="another").stdout)
    engines.append(device.build("--useDLACore=0").stdout)
    engines.append(device.build(EDGEPACK_WORKSPACE_MIB="64").stdout)
    device.install(number="100400")
    engines.append(device.build().stdout)
    (device.bundle / "model" / "model.onnx").write_bytes(b"another model")
    engines.append(device.build().stdout)
    assert len(set(engines)) == len(device.asked()) == 6
    assert "--useDLACore=0" in device.asked()[2]


def test_the_dla_is_an_option_of_its_own_engine(tmp_path: Path) -> None:
    device = Device(tmp_path, "jetson-orin-nx", "float16")
    plain, on_dla = device.build().stdout, device.build(EDGEPACK_DLA_CORE="1").stdout
    assert plain != on_dla
    assert not [word for word in device.asked()[0] if "DLA" in word]
    assert {"--useDLACore=1", "--allowGPUFallback", "--fp16"} < set(device.asked()[1])


@pytest.mark.parametrize(
    ("target", "scheme", "why"),
    [("jetson-orin-nano", "float16", "has no DLA"), ("jetson-orin-nx", "int8", "takes no Q/DQ")],
)
def test_a_dla_that_can_not_help_is_refused(tmp_path: Path, target: str, scheme: str, why: str) -> None:
    done = Device(tmp_path, target, scheme).build(EDGEPACK_DLA_CORE="0")
    assert (done.returncode, why in done.stderr, done.stdout) == (1, True, "")


def test_too_little_memory_is_said_before_the_build(device: Device) -> None:
    assert "add swap" in device.build(EDGEPACK_WORKSPACE_MIB="99999999").stderr
    assert "add swap" not in device.build(EDGEPACK_WORKSPACE_MIB="1").stderr


def test_the_benchmark_asks_trtexec_for_its_files(device: Device) -> None:
    def run() -> "subprocess.CompletedProcess[str]":
        command = ["sh", str(device.bundle / "runtime" / "benchmark.sh"), "--useSpinWait"]
        return subprocess.run(
            command, env=device.environment, capture_output=True, check=False, cwd=device.root, encoding="utf-8"
        )

    assert (run().stdout, run().returncode) == ("times.json profile.json\n", 0)
    asked = device.asked()[-1]
    assert {"--exportTimes=times.json", "--exportProfile=profile.json", "--separateProfileRun", "--useSpinWait"} < set(
        asked
    )
    assert f"--loadEngine={device.build().stdout.strip()}" in asked
    device.install(then="echo 'no GPU'; exit 3")
    assert (run().returncode, "no GPU" in run().stderr) == (1, True)


def test_a_build_that_fails_says_why_and_leaves_no_engine(device: Device) -> None:
    device.install(then="echo 'Error: out of memory' >&2; exit 1")
    done = device.build()
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Error: out of memory" in done.stderr
    assert "trtexec failed; all it said is in" in done.stderr
    assert [p.suffix for p in device.cache.iterdir()] == [".log"]
    device.install()
    assert device.build().returncode == 0


def test_a_trtexec_that_writes_nothing_is_caught(device: Device) -> None:
    device.install(then='for word in "$@"; do case $word in --saveEngine=*) rm "${word#--saveEngine=}" ;; esac; done')
    done = device.build()
    assert done.returncode == 1
    assert "wrote no engine" in done.stderr


def test_what_is_missing_is_named(device: Device) -> None:
    assert "no trtexec" in device.build(TRTEXEC=str(device.root / "nowhere")).stderr
    device.install(number="")
    assert "does not say which TensorRT" in device.build().stderr
    (device.bundle / "model" / "model.onnx").unlink()
    assert "keep runtime/ and model/ side by side" in device.build().stderr


def test_python_gets_the_engine_from_the_same_script(device: Device) -> None:
    command = [sys.executable, str(device.bundle / "runtime" / "build_engine.py")]
    done = subprocess.run(command, env=device.environment, capture_output=True, check=False, encoding="utf-8")
    assert done.stdout == device.build().stdout
    device.install(number="100400", then="exit 3")
    done = subprocess.run(command, env=device.environment, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 1
    assert "build_engine.sh failed" in done.stderr
    assert "Traceback" not in done.stderr


def two_layers() -> Model:
    """The dense model with a second layer of as many MACs behind it; its weights span six decades."""
    b = GraphBuilder()
    x = b.input("x", (1, 3))
    first = b.const(np.array([[1, 2, 3], [4, 5, 6]], np.float32))
    h = b.op("FULLY_CONNECTED", [x, first], (1, 2), options="FullyConnectedOptions", name="h")
    second = b.const(np.array([[1000, 0.001], [0.001, 1], [1, 1]], np.float32))
    return b.model([b.op("FULLY_CONNECTED", [h, second], (1, 3), options="FullyConnectedOptions", name="y")])


@pytest.mark.parametrize(("target_db", "kept"), [(0.0, 0), (200.0, 1)])
def test_sensitive_layers_stay_in_float16(target_db: float, kept: int) -> None:
    mixed = job("jetson-orin-nano", float_source(two_layers()))
    how = dataclasses.replace(mixed.recipe, sensitivity=Sensitivity(target_db=target_db, most=0.6))
    drawn = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    product = FAMILY.emit(dataclasses.replace(mixed, recipe=how, calibration=Samples(arrays={"x": drawn})))
    precisions = [layer.reason for layer in product.layers if layer.macs]
    assert precisions.count("float") == kept
    assert precisions.count("int8") == 2 - kept
    assert sum("stays in float16" in d.message and d.severity == "note" for d in product.diagnostics) == 1
    without = FAMILY.emit(dataclasses.replace(mixed, recipe=how))
    assert any("nothing to measure them on" in d.message for d in without.diagnostics)


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

    def infer(self, *options: str) -> "subprocess.CompletedProcess[str]":
        stand_ins = {"LD_LIBRARY_PATH": str(self.root / "lib"), "PYTHONPATH": str(self.root / "python")}
        command = [sys.executable, str(self.bundle / "runtime" / "infer.py"), *options]
        environment = self.environment | stand_ins
        root = self.root
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


def test_scripts_keep_to_python_3_6(device: Device) -> None:
    """JetPack 4 has nothing newer."""
    import ast

    for path in (device.bundle / "runtime").glob("*.py"):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_readme_says_what_was_not_run(device: Device) -> None:
    text = (device.bundle / "runtime" / "README.md").read_text(encoding="utf-8")
    assert "* Not run here: " in text
    assert "| `x` | [1, 3] | float32 |" in text
