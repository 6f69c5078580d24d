"""Raspberry Pi bundles: the model, and its runner with the LiteRT of this machine."""

import dataclasses
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from families.making import dense_integer_model, dense_model, integer_source, job, unpack, unread

from packager.config.profile import load_profile
from packager.families import family_of
from packager.families.raspberrypi import FAMILY
from packager.ir import DType, GraphBuilder, Model, QuantParams, difference, read_tflite_bytes
from packager.measure.c import compiler
from packager.quantize import Quantized

Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]
X = np.array([[2, 0, 0], [0, 4, 0], [2, 2, 2]], np.int8)


def test_the_family_serves_boards_and_this_computer() -> None:
    assert family_of(load_profile("raspberrypi")) is FAMILY
    assert family_of(load_profile("host")) is FAMILY


def test_the_artifact_is_the_integer_model() -> None:
    product = FAMILY.emit(job("raspberrypi", integer_source()))
    assert (product.artifact, product.engine) == ("model/model.tflite", "c")
    assert difference(read_tflite_bytes(product.files[0].content), dense_integer_model()) is None
    assert [(e.path, e.role) for e in product.files] == [
        ("model/model.tflite", "source"),
        ("runtime/README.md", "doc"),
        ("runtime/requirements.txt", "alternative"),
        ("runtime/run.py", "alternative"),
        *[(e.path, e.role) for e in product.files if e.path.startswith("runtime/c/")],
    ]


def test_an_integer_model_comes_as_c_too() -> None:
    for target in ("raspberrypi", "host"):
        product = FAMILY.emit(job(target, integer_source()))
        paths = {e.path for e in product.files}
        assert {"runtime/c/model.c", "runtime/c/model.h", "runtime/c/kernels/fully_connected.h"} <= paths
        assert product.engines == ("litert",)
        page = next(e.content.decode() for e in product.files if e.path == "runtime/README.md")
        assert "make -C runtime/c" in page


def test_without_a_kernel_the_report_says_why_there_is_no_c() -> None:
    quantized = Quantized(model=dense_model(), float_model=None, ranges={}, plan=None)
    product = FAMILY.emit(job("host", quantized))
    assert not [e for e in product.files if e.path.startswith("runtime/c/")]
    assert product.engines == ()
    (note,) = product.diagnostics
    assert "LiteRT is the only one: FULLY_CONNECTED #0 'y'" in note.message
    assert not FAMILY.emit(job("host", quantized, scheme="float32")).diagnostics


@pytest.mark.parametrize(
    ("machine", "pinned"), [("aarch64", "ai-edge-litert==2.3.0"), ("armv7l", "tflite-runtime==2.14.0")]
)
def test_requirements_fit_the_cpu(machine: str, pinned: str) -> None:
    profile = load_profile("raspberrypi")
    assert profile.cpu is not None
    profile = dataclasses.replace(profile, cpu=dataclasses.replace(profile.cpu, machine=machine))
    files = {e.path: e.content for e in FAMILY.emit(job(profile, integer_source())).files}
    lines = [line for line in files["runtime/requirements.txt"].decode().splitlines() if not line.startswith("#")]
    assert pinned in lines
    assert all("==" in line for line in lines)


def test_a_cpu_without_litert_is_refused() -> None:
    profile = load_profile("raspberrypi")
    assert not list(FAMILY.check(job(profile, integer_source())))
    assert profile.cpu is not None
    odd = dataclasses.replace(profile, engine="litert", cpu=dataclasses.replace(profile.cpu, machine="armv6l"))
    (found,) = FAMILY.check(job(odd, integer_source()))
    assert "'armv6l'" in found.message
    (found,) = FAMILY.check(job(dataclasses.replace(profile, cpu=None), integer_source()))
    assert "[cpu]" in found.message


class Bundle:
    def __init__(self, root: Path, model: Model, arithmetic: str = "xnnpack") -> None:
        self.root = root
        quantized = Quantized(model=model, float_model=None, ranges={}, plan=None)
        self.folder = unpack(FAMILY.emit(job("host", quantized, arithmetic=arithmetic)), root / "bundle")

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(self.folder / "runtime" / "run.py"), *options]
        return subprocess.run(command, capture_output=True, check=False, cwd=self.root, encoding="utf-8")

    def golden(self, outputs: Sequence[Sequence[float]], *, machine: str, dtype: str = "int8") -> None:
        folder = self.folder / "golden"
        folder.mkdir(exist_ok=True)
        np.save(folder / "x.npy", X.astype(dtype))
        np.save(folder / "y.npy", np.array(outputs, dtype))
        entry = {"outputs": ["golden/y.npy"], "runtime": "test", "version": "1", "instruction_set": machine}
        index = {"count": len(X), "inputs": ["golden/x.npy"], "engines": {"litert-default": entry}}
        (folder / "golden.json").write_text(json.dumps(index), encoding="utf-8")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tmp_path, dense_integer_model())


def test_floats_are_quantized_and_integers_taken_as_they_are(bundle: Bundle) -> None:
    np.save(bundle.root / "integers.npy", X)
    np.savez(bundle.root / "floats.npz", x=X.astype(np.float32) / 2, y=np.array([0, 1, 1]))
    for name in ("integers.npy", "floats.npz"):
        done = bundle.run(name, "-o", "out.npz")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[0] == "0 y: 1 (4), 0 (1)"
        assert np.load(bundle.root / "out.npz")["y"].tolist() == [[2, 8], [8, 20], [12, 30]]


def test_one_sample_needs_no_leading_axis(bundle: Bundle) -> None:
    np.save(bundle.root / "one.npy", X[2])
    assert bundle.run("one.npy").stdout == "0 y: 1 (15), 0 (6)\n"


def test_a_reader_that_leaves_ends_it_quietly_as_sigpipe_would(bundle: Bundle) -> None:
    np.save(bundle.root / "one.npy", X[2])
    run = str(bundle.folder / "runtime" / "run.py")
    code, said = unread([sys.executable, run, "one.npy"], bundle.root, os.environ)
    assert (code, "BrokenPipe" in said, "Traceback" in said) == (141, False, False)


def test_the_self_test_is_exact_on_the_same_instruction_set(bundle: Bundle) -> None:
    bundle.golden([[2, 8], [8, 20], [12, 30]], machine=platform.machine())
    done = bundle.run("--selftest")
    assert done.returncode == 0, done.stderr
    assert "selftest passed: 3 inputs, 0 of 6 outputs differ" in done.stdout
    bundle.golden([[2, 8], [8, 20], [12, 31]], machine=platform.machine())
    done = bundle.run("--selftest")
    assert done.returncode == 4
    assert "selftest FAILED: 3 inputs, 1 of 6 outputs differ, by 1 at most" in done.stdout


def test_another_instruction_set_may_differ_by_one_unit(bundle: Bundle) -> None:
    bundle.golden([[2, 8], [8, 20], [12, 31]], machine="vax")
    assert bundle.run("--selftest").returncode == 0
    bundle.golden([[2, 8], [8, 20], [12, 32]], machine="vax")
    assert bundle.run("--selftest").returncode == 4


def test_a_float_model_runs_as_well(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, dense_model())
    bundle.golden([[2, 8], [8, 20], [12, 30]], machine=platform.machine(), dtype="float32")
    assert bundle.run("--selftest").returncode == 0
    bundle.golden([[2, 8], [8, 20], [12, 30.2]], machine="vax", dtype="float32")
    assert bundle.run("--selftest").returncode == 0
    bundle.golden([[2, 8], [8, 20], [12, 31]], machine="vax", dtype="float32")
    assert bundle.run("--selftest").returncode == 4


def test_the_arithmetic_of_the_build_chooses_the_kernels(tmp_path: Path) -> None:
    bundle = Bundle(tmp_path, dense_integer_model(), arithmetic="integer")
    bundle.golden([[2, 8], [8, 20], [12, 30]], machine=platform.machine())
    done = bundle.run("--selftest")
    assert "not of litert-reference or numpy-integer" in done.stderr
    assert bundle.run("--selftest", "--against", "litert-default").returncode == 0


def test_the_benchmark_counts_its_runs(bundle: Bundle) -> None:
    assert "latency ms over 20 runs: p50 " in bundle.run("--benchmark", "20").stdout


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros(4, np.int8), "shapes do not fit the model's inputs: x [1, 3]"),
        (np.zeros((2, 3), np.int32), "input x is int8, the array int32"),
    ],
    ids=["shape", "type"],
)
def test_inputs_that_do_not_fit_are_named(bundle: Bundle, array: Array, message: str) -> None:
    np.save(bundle.root / "in.npy", array)
    done = bundle.run("in.npy")
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_can_not_be_read_are_named(bundle: Bundle) -> None:
    assert "nowhere.npy" in bundle.run("nowhere.npy").stderr
    (bundle.root / "text.npy").write_text("no array", encoding="utf-8")
    assert "text.npy" in bundle.run("text.npy").stderr
    assert "the model has 1 inputs, 2 arrays were given" in bundle.run(*save_twice(bundle.root)).stderr


def save_twice(root: Path) -> list[str]:
    for name in ("a.npy", "b.npy"):
        np.save(root / name, X)
    return ["a.npy", "b.npy"]


def test_a_model_that_no_memory_holds_is_refused_with_the_numbers() -> None:
    profile = load_profile("raspberrypi")
    small = dataclasses.replace(profile, memory=dataclasses.replace(profile.memory, ram_bytes=20))
    (found,) = FAMILY.check(job(small, integer_source()))
    assert found.message.startswith("activations and constants, runtime aside, would take ")
    assert found.message.endswith(" B, the board has 20 B of RAM")


def test_int16_activations_come_as_c_too() -> None:
    model = wide_model()
    for target in ("raspberrypi", "host"):
        product = FAMILY.emit(job(target, dataclasses.replace(integer_source(), model=model), scheme="int16x8"))
        assert "runtime/c/kernels/rescale_16_16.h" in {e.path for e in product.files}
        assert product.engines == ("litert",)


def wide_model() -> Model:
    b = GraphBuilder()
    half = QuantParams.per_tensor(0.5, 0)
    x = b.input("x", (1, 3), DType.INT16, half)
    return b.model([b.op("RELU", [x], (1, 3), dtype=DType.INT16, quant=half)])


def c_bundle(root: Path, arithmetic: str = "xnnpack") -> Bundle:
    """A bundle with the shared library that `make` would have made."""
    made = Bundle(root, dense_integer_model(), arithmetic)
    source = made.folder / "runtime" / "c"
    if not compiler():
        pytest.skip("no C compiler is here")
    files = [str(source / name) for name in ("model.c", "model_weights.c")]
    flags = ["-std=c99", "-shared", "-fPIC", f"-I{source}", "-o", str(source / "libmodel.so")]
    subprocess.run([*compiler(), *files, *flags], check=True)
    return made


def test_the_runner_takes_the_c_runtime(tmp_path: Path) -> None:
    bundle = c_bundle(tmp_path)
    np.save(bundle.root / "integers.npy", X)
    done = bundle.run("integers.npy", "--engine", "c", "-o", "out.npz", "--benchmark", "5")
    assert done.returncode == 0, done.stderr
    assert "latency ms over 5 runs" in done.stdout
    assert np.load(bundle.root / "out.npz")["y"].tolist() == [[2, 8], [8, 20], [12, 30]]
    bundle.golden([[2, 8], [8, 20], [12, 30]], machine="vax")
    assert bundle.run("--selftest", "--engine", "c", "--against", "litert-default").returncode == 0
    bundle.golden([[2, 8], [8, 20], [12, 31]], machine="vax")
    assert bundle.run("--selftest", "--engine", "c", "--against", "litert-default").returncode == 4


def test_without_litert_the_runner_falls_back_to_c_and_says_so(tmp_path: Path) -> None:
    bundle = c_bundle(tmp_path)
    np.save(bundle.root / "integers.npy", X)
    profile = dataclasses.replace(load_profile("host"), engine="litert")
    run = next(e.content for e in FAMILY.emit(job(profile, integer_source())).files if e.path == "runtime/run.py")
    (bundle.folder / "runtime/run.py").write_bytes(run)
    for name in ("ai_edge_litert", "tflite_runtime"):
        (bundle.folder / "runtime" / f"{name}.py").write_text("raise ImportError('none here')\n", encoding="utf-8")
    done = bundle.run("integers.npy")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("by c: neither runtime can be imported: none here")
    strict = bundle.run("integers.npy", "--engine", "litert")
    assert strict.returncode == 1
    assert "pip install -r" in strict.stderr


def test_the_c_runtime_leads_and_litert_stands_in(tmp_path: Path) -> None:
    bundle = c_bundle(tmp_path)
    np.save(bundle.root / "integers.npy", X)
    bundle.golden([[2, 8], [8, 20], [12, 30]], machine=platform.machine())
    done = bundle.run("integers.npy")
    assert (done.returncode, done.stderr) == (0, "")
    assert "not of numpy-xnnpack" in bundle.run("--selftest").stderr  # what the C runtime is compared with
    assert bundle.run("--selftest", "--resolver", "default").returncode == 0
    (bundle.folder / "runtime/c/libmodel.so").unlink()
    done = bundle.run("integers.npy")
    assert done.returncode == 0
    assert "by litert: no library of the model: " in done.stderr


def test_a_cpu_without_litert_takes_c_or_nothing() -> None:
    profile = dataclasses.replace(load_profile("raspberrypi"), engine="c")
    assert profile.cpu is not None
    small = dataclasses.replace(profile, cpu=dataclasses.replace(profile.cpu, machine="armv6l", core="ARM1176JZF-S"))
    asked = job(small, integer_source())
    assert not list(FAMILY.check(asked))
    product = FAMILY.emit(asked)
    assert (product.engine, product.engines) == ("c", ())
    lines = next(e.content.decode() for e in product.files if e.path == "runtime/requirements.txt").splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["numpy>=1.19"]
    (found,) = FAMILY.check(job(small, Quantized(model=dense_model(), float_model=None, ranges={}, plan=None)))
    assert found.where.startswith("FULLY_CONNECTED #0")
    (found,) = FAMILY.check(job(dataclasses.replace(profile, engine="tvm"), integer_source()))
    assert "no engine 'tvm'" in found.message
