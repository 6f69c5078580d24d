"""Coral bundles: checked by the compiler's rules, with reasons, and a runner that finds its way without a TPU."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from families.making import dense_integer_model, integer_source, job, unpack, unread

from packager.bundle import Entry
from packager.config.profile import load_profile
from packager.emit.c import Target, emit_c
from packager.errors import Severity
from packager.families import Product, family_of
from packager.families.coral import FAMILY
from packager.figure import Place
from packager.ir import DType, GraphBuilder, Model, QuantParams, difference, read_tflite_bytes, write_tflite
from packager.measure.c import compiler
from packager.quantize import Quantized

Q = QuantParams(scale=(0.1,), zero_point=(0,))
FAKE_DELEGATE = """
class OpResolverType: pass
from ai_edge_litert.interpreter import Interpreter
def load_delegate(name): {body}
"""


def quantized(model: Model) -> Quantized:
    return Quantized(model=model, float_model=None, ranges={}, plan=None)


def with_float_input() -> Model:
    """QUANTIZE on the CPU, RELU on the TPU, ELU on the CPU again."""
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    t = b.op("QUANTIZE", [x], (1, 4), dtype=DType.INT8, quant=Q, name="entry")
    t = b.op("RELU", [t], (1, 4), dtype=DType.INT8, quant=Q, version=2, name="clip")
    return b.model([b.op("ELU", [t], (1, 4), dtype=DType.INT8, quant=Q, name="tail")])


def test_the_artifact_is_the_integer_model_with_its_runner() -> None:
    product = FAMILY.emit(job("coral", integer_source()))
    assert family_of(load_profile("coral-dev-board")) is FAMILY
    assert (product.artifact, product.engine) == ("model/model.tflite", "litert")
    assert difference(read_tflite_bytes(product.files[0].content), dense_integer_model()) is None
    assert [(e.path, e.role) for e in product.files if not e.path.startswith("runtime/c/")] == [
        ("model/model.tflite", "model"),
        ("runtime/README.md", "doc"),
        ("runtime/requirements.txt", "runtime"),
        ("runtime/run.py", "runtime"),
    ]
    assert FAMILY.emit(job("coral", integer_source())).files == product.files


def test_placements_carry_the_compilers_words() -> None:
    product = FAMILY.emit(job("coral", quantized(with_float_input())))
    assert [place for place, _ in product.placements.values()] == [Place.TPU, Place.CPU]
    assert product.placements[1][1].startswith("Operation not supported: ELU")
    assert set(product.latencies) == {0, 1}
    readme = next(e.content.decode() for e in product.files if e.path.endswith("README.md"))
    assert "1 of 2 operators" in readme
    assert "* ELU #1 'tail': Operation not supported" in readme


def test_a_float_edge_is_left_to_the_caller() -> None:
    product = FAMILY.emit(job("coral", quantized(with_float_input())))
    assert product.model is not None
    assert product.model.input_types()[0].dtype is DType.INT8
    assert product.files[0].content == write_tflite(product.model)
    (note,) = product.diagnostics
    assert (note.where, note.severity) == ("input 'x'", Severity.NOTE)


def test_a_float_edge_that_was_asked_for_stays_with_a_warning() -> None:
    asked = job("coral", quantized(with_float_input()))
    asked = dataclasses.replace(asked, recipe=dataclasses.replace(asked.recipe, inputs="float32"))
    product = FAMILY.emit(asked)
    assert [place for place, _ in product.placements.values()] == [Place.CPU, Place.TPU, Place.CPU]
    (warning,) = (d for d in product.diagnostics if d.severity is Severity.WARNING)
    assert warning.where == "input 'x'"


def test_a_version_that_the_compiler_cannot_parse_is_lowered() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, Q)
    newer = quantized(b.model([b.op("RELU", [x], (1, 4), dtype=DType.INT8, quant=Q, version=9)]))
    assert not list(FAMILY.check(job("coral", newer)))
    product = FAMILY.emit(job("coral", newer))
    assert product.model is not None
    assert product.model.main.nodes[0].version == 2


def test_figures_of_the_mapping_the_cache_and_the_time() -> None:
    product = FAMILY.emit(job("coral", integer_source()))
    assert {f.name for f in product.figures} == {
        "edgetpu.ops_total",
        "edgetpu.ops_mapped",
        "edgetpu.cached.bytes",
        "edgetpu.streamed.bytes",
        "latency.p50.ms",
        "energy.mj",
    }


def test_a_board_without_a_known_power_has_no_energy() -> None:
    product = FAMILY.emit(job("coral-dev-board", integer_source()))
    assert "energy.mj" not in {f.name for f in product.figures}


def test_what_the_compiler_refuses_is_refused_before_anything_is_made() -> None:
    assert not list(FAMILY.check(job("coral", integer_source())))
    b = GraphBuilder()
    floats = b.model([b.op("RELU", [b.input("x", (1, 4))], (1, 4))])
    (found,) = FAMILY.check(job("coral", quantized(floats)))
    assert found.message.startswith("Model not quantized")
    bare = dataclasses.replace(load_profile("coral"), edgetpu=None)
    (found,) = FAMILY.check(job(bare, integer_source()))
    assert "[edgetpu]" in found.message


def test_a_model_that_does_not_map_at_all_says_so() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, Q)
    product = FAMILY.emit(job("coral", quantized(b.model([b.op("ELU", [x], (1, 4), dtype=DType.INT8, quant=Q)]))))
    (finding,) = product.diagnostics
    assert finding.message.startswith("no operator is predicted to map")


class Bundle:
    def __init__(self, root: Path, product: Product) -> None:
        self.root = root
        self.folder = unpack(product, root / "bundle")

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(self.folder / "runtime" / "run.py"), *options]
        path = {"PYTHONPATH": str(self.root)}
        return subprocess.run(command, capture_output=True, check=False, cwd=self.root, env=path, encoding="utf-8")

    def pretend(self, delegate: str) -> None:
        """Put a compiled file, and a TFLite runtime with a delegate of its own, where the runner looks."""
        (self.folder / "model" / "model_edgetpu.tflite").write_bytes(b"compiled")
        package = self.root / "tflite_runtime"
        package.mkdir()
        (package / "__init__.py").write_text("__version__ = '2.5.0'\n", encoding="utf-8")
        (package / "interpreter.py").write_text(FAKE_DELEGATE.format(body=delegate), encoding="utf-8")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tmp_path, FAMILY.emit(job("coral", integer_source())))


def golden(bundle: Bundle, outputs: np.ndarray[tuple[int, ...], np.dtype[np.int8]]) -> None:
    folder = bundle.folder / "golden"
    folder.mkdir()
    np.save(folder / "x.npy", np.zeros((2, 3), np.int8))
    np.save(folder / "y.npy", outputs)
    text = (
        '{"count": 2, "inputs": ["golden/x.npy"], "engines": {"litert-default": {"outputs": ["golden/y.npy"], '
        '"runtime": "ai-edge-litert", "version": "2", "tolerance": 0}}}'
    )
    (folder / "golden.json").write_text(text, encoding="utf-8")


def test_without_a_compiled_file_the_runner_says_so_and_takes_the_cpu(bundle: Bundle) -> None:
    np.save(bundle.root / "x.npy", np.zeros((2, 3), np.int8))
    done = bundle.run("x.npy", "-o", "y.npz", "--benchmark", "5")
    assert done.returncode == 0, done.stderr
    assert "on the CPU: model/model_edgetpu.tflite is missing: compile it" in done.stdout
    assert "latency ms over 5 runs" in done.stdout
    (out,) = (v for v in np.load(bundle.root / "y.npz").values())
    assert out.shape[0] == 2
    golden(bundle, out)
    assert "selftest passed: 2 inputs, 0 of" in bundle.run("--selftest").stdout
    np.save(bundle.folder / "golden" / "y.npy", out + np.int8(1))
    wrong = bundle.run("--selftest")
    assert wrong.returncode == 4
    assert "selftest FAILED" in wrong.stdout


def test_without_libedgetpu_the_runner_says_so(bundle: Bundle) -> None:
    bundle.pretend("raise OSError('none')")
    np.save(bundle.root / "x.npy", np.zeros(3, np.int8))
    done = bundle.run("x.npy")
    assert done.returncode == 0, done.stderr
    assert "on the CPU: libedgetpu can't be loaded" in done.stdout
    strict = bundle.run("x.npy", "--tpu")
    assert strict.returncode != 0
    assert "libedgetpu can't be loaded" in strict.stderr


@pytest.mark.parametrize(
    ("delegate", "ending"), [("import os; os.abort()", "crashed by signal 6"), ("raise ValueError('v')", "failed")]
)
def test_a_delegate_that_crashes_is_named_with_both_versions_and_the_usual_cause(
    bundle: Bundle, delegate: str, ending: str
) -> None:
    bundle.pretend(delegate)
    library = bundle.root / "libedgetpu.so.1"
    source = bundle.root / "fake.c"
    source.write_text('const char *edgetpu_version(void) { return "RuntimeVersion(14)"; }\n', encoding="utf-8")
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not here; it makes a stand-in for libedgetpu")
    subprocess.run([compiler, "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    runner = bundle.folder / "runtime" / "run.py"
    runner.write_text(
        runner.read_text(encoding="utf-8").replace('"libedgetpu.so.1"', repr(str(library))), encoding="utf-8"
    )
    np.save(bundle.root / "x.npy", np.zeros(3, np.int8))
    done = bundle.run("x.npy")
    assert done.returncode == 0, done.stderr
    assert f"loading the delegate {ending}" in done.stdout
    assert "tflite_runtime 2.5.0" in done.stdout
    assert "libedgetpu: RuntimeVersion(14)" in done.stdout
    assert "two different TensorFlow releases" in done.stdout


def test_a_wrong_shape_is_refused(bundle: Bundle) -> None:
    np.save(bundle.root / "x.npy", np.zeros(5, np.int8))
    done = bundle.run("x.npy")
    assert done.returncode != 0
    assert "do not fit the model's inputs" in done.stderr


def test_a_reader_that_leaves_ends_it_quietly_as_sigpipe_would(bundle: Bundle) -> None:
    np.save(bundle.root / "x.npy", np.zeros(3, np.int8))
    run = str(bundle.folder / "runtime" / "run.py")
    code, said = unread([sys.executable, run, "x.npy"], bundle.root, {"PYTHONPATH": str(bundle.root)})
    assert (code, "BrokenPipe" in said, "Traceback" in said) == (141, False, False)


def test_without_a_tflite_runtime_the_c_runtime_is_the_cpu(bundle: Bundle) -> None:
    source = bundle.folder / "runtime" / "c"
    if not compiler():
        pytest.skip("no C compiler is here")
    for name in ("tflite_runtime", "ai_edge_litert"):
        (bundle.root / f"{name}.py").write_text("raise ImportError('none here')\n", encoding="utf-8")
    np.save(bundle.root / "x.npy", np.array([[2, 0, 0], [0, 4, 0]], np.int8))
    failed = bundle.run("x.npy")
    assert failed.returncode == 1
    assert "no TFLite runtime, and no library of the model" in failed.stderr
    files = [str(source / name) for name in ("model.c", "model_weights.c")]
    flags = ["-std=c99", "-shared", "-fPIC", f"-I{source}", "-o", str(source / "libmodel.so")]
    subprocess.run([*compiler(), *files, *flags], check=True)
    done = bundle.run("x.npy", "-o", "y.npz")
    assert done.returncode == 0, done.stderr
    assert "on the CPU: the delegate needs a TFLite runtime; by the C runtime" in done.stdout
    assert np.load(bundle.root / "y.npz")["y"].tolist() == [[2, 8], [8, 20]]
    strict = bundle.run("x.npy", "--tpu")
    assert strict.returncode == 1
    assert "needs a TFLite runtime" in strict.stderr


def test_an_operator_without_a_kernel_leaves_the_c_runtime_out() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, Q)
    y = b.op("SIGN", [x], (1, 4), dtype=DType.INT8, quant=Q)
    product = FAMILY.emit(job("coral", quantized(b.model([y]))))
    assert not [e for e in product.files if e.path.startswith("runtime/c/")]
    assert product.engines == ()


def test_boards_share_the_c_runtime_only_where_zeros_cost_their_cpus_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def noted(*args: Any, target: Target, **given: Any) -> tuple[Entry, ...]:
        made.append(target.kernels)
        return emit_c(*args, target=target, **given)

    monkeypatch.setattr("packager.families.coral.emit_c", noted)
    first = job("coral-usb", quantized(dense_integer_model()))
    for name in ("coral-usb", "coral-dev-board", "coral-dev-board-mini"):
        FAMILY.emit(dataclasses.replace(first, profile=load_profile(name)))
    assert made == ["avx2", "neon"]
