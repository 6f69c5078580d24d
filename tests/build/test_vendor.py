"""A build with a compiler on PATH: a stand-in that writes a compiled file with a package in it."""

import sys
from pathlib import Path

import numpy as np
import pytest
from families.making import HALF, job
from plan.compiled import CACHED, Part, compiled, options, package

from packager.build.vendor import complete
from packager.errors import Severity, UnsupportedError
from packager.families import Product
from packager.families.coral import FAMILY
from packager.figure import Basis
from packager.ir import DType, GraphBuilder, QuantParams, write_tflite
from packager.quantize import Quantized

LOG = """\
Edge TPU Compiler version 16.0.384591198
On-chip memory used for caching model parameters: 42.94KiB
Operator                       Count      Status

FULLY_CONNECTED                1          Mapped to Edge TPU
"""


def dense() -> Quantized:
    """A fully connected layer of 64 by 64 with one scale, which maps."""
    b = GraphBuilder()
    x = b.input("x", (1, 64), DType.INT8, HALF)
    weights = b.const(np.ones((64, 64), np.int8), quant=QuantParams.per_tensor(0.1, 0))
    bias = b.const(np.zeros(64, np.int32), quant=QuantParams.per_tensor(0.05, 0))
    inputs = [x, weights, bias]
    y = b.op(
        "FULLY_CONNECTED", inputs, (1, 64), options="FullyConnectedOptions", version=4, dtype=DType.INT8, quant=HALF
    )
    return Quantized(model=b.model([y]), float_model=None, ranges={}, plan=None)


def completed(folder: Path, monkeypatch: pytest.MonkeyPatch, packed: bytes) -> Product:
    work = job("coral", dense())
    result = folder / "result"
    result.write_bytes(write_tflite(compiled(work.quantized.model, slice(0, 1), options(packed))))
    program = folder / "edgetpu_compiler"
    program.write_text(
        f"""#!{sys.executable}
import pathlib, shutil, sys
print({LOG!r})
shutil.copy({str(result)!r}, pathlib.Path(sys.argv[sys.argv.index("-o") + 1]) / "model_edgetpu.tflite")
""",
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return complete(work, FAMILY.emit(work))


def test_the_bytes_are_those_of_the_compiled_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = completed(tmp_path, monkeypatch, package(CACHED))
    assert "model/model_edgetpu.tflite" in {e.path for e in product.files}
    measured = {f.name: f.value for f in product.figures if f.basis is Basis.MEASURED}
    assert measured == {
        "edgetpu.ops_total": 1,
        "edgetpu.ops_mapped": 1,
        "edgetpu.cached.bytes": 43_968,
        "edgetpu.streamed.bytes": 576,
    }
    assert product.tools == (("edgetpu_compiler", "16.0.384591198"),)


def test_a_prediction_that_is_far_off_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = completed(tmp_path, monkeypatch, package(CACHED))
    (told,) = (d for d in product.diagnostics if d.severity is Severity.WARNING and "were predicted" in d.message)
    assert told.where == "edgetpu.cached.bytes"
    assert "43,968 B" in told.message


def test_a_right_prediction_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached = next(f.value for f in FAMILY.emit(job("coral", dense())).figures if f.name == "edgetpu.cached.bytes")
    product = completed(tmp_path, monkeypatch, package((Part(2, 0), Part(1, int(cached)))))
    assert not [d for d in product.diagnostics if "were predicted" in d.message]


def test_a_runtime_that_is_too_old_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    product = completed(tmp_path, monkeypatch, package(CACHED, min_runtime=99))
    assert any("needs libedgetpu's runtime 99" in d.message for d in product.diagnostics)


def test_a_damaged_result_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnsupportedError, match="damaged Edge TPU package"):
        completed(tmp_path, monkeypatch, package(CACHED)[:40])


def test_without_the_compiler_it_says_what_that_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    work = job("coral", dense())
    product = complete(work, FAMILY.emit(work))
    assert product.diagnostics[-1].message.startswith("edgetpu_compiler is not on PATH")
