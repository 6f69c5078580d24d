"""The compiler's run, against a stand-in that prints what the real one prints in its public logs."""

import dataclasses
import sys
from pathlib import Path

import pytest

from packager.config.edgetpu import load_edgetpu_compiler
from packager.errors import Severity, ToolError
from packager.figure import Basis
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.measure import edgetpu
from packager.measure.edgetpu import PROGRAM, compile_edgetpu, findings
from packager.plan.edgetpu import predict_mapping

Q = QuantParams(scale=(0.1,), zero_point=(0,))
LOG = """\
Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 600 seconds.

Model compiled successfully in 69 ms.

Input model: model.tflite
Input size: 1.20KiB
Output model: model_edgetpu.tflite
Output size: 40.45KiB
On-chip memory used for caching model parameters: 1.50MiB
On-chip memory remaining for caching model parameters: 6.12MiB
Off-chip memory used for streaming uncached model parameters: 576.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 3
Operation log: model_edgetpu.log

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage of the model will instead
run on the CPU, which is slower.
Number of operations that will run on Edge TPU: 2
Number of operations that will run on CPU: 1

Operator                       Count      Status

RELU                           2          Mapped to Edge TPU
ELU                            1          Operation not supported
Compilation child process completed within timeout period.
Compilation succeeded!
"""


class Compiler:
    """A program that prints a log and, when told so, writes the compiled file; it notes how it was called."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PROGRAM
        self.calls = folder / "calls"

    def does(self, body: str) -> str:
        script = f"""#!{sys.executable}
import pathlib, sys, time
calls = pathlib.Path({str(self.calls)!r})
calls.write_text((calls.read_text() if calls.exists() else "") + " ".join(sys.argv[1:]) + "\\n")
out = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
runs = len(calls.read_text().splitlines())
source = pathlib.Path(sys.argv[-1]).read_bytes()
{body}
"""
        self.path.write_text(script, encoding="utf-8")
        self.path.chmod(0o755)
        return str(self.path)

    def count(self) -> int:
        return len(self.calls.read_text(encoding="utf-8").splitlines())


WORKS = f"print({LOG!r})\n(out / 'model_edgetpu.tflite').write_bytes(b'compiled ' + source)"


@pytest.fixture
def compiler(tmp_path: Path) -> Compiler:
    return Compiler(tmp_path)


def two_relus_and_an_elu() -> Model:
    b = GraphBuilder()
    t = b.input("x", (1, 4), DType.INT8, Q)
    for op in ("RELU", "RELU", "ELU"):
        t = b.op(op, [t], (1, 4), dtype=DType.INT8, quant=Q)
    return b.model([t])


def test_a_compiled_model_with_its_figures(compiler: Compiler) -> None:
    done = compile_edgetpu(b"model", program=compiler.does(WORKS))
    assert done is not None
    assert done.model == b"compiled model"
    assert done.version == "16.0.384591198"
    assert done.ops == (("RELU", 2, "Mapped to Edge TPU"), ("ELU", 1, "Operation not supported"))
    assert (done.cached_bytes, done.streamed_bytes) == (1_572_864, 576)
    values = {f.name: (f.value, f.basis) for f in done.figures()}
    assert values["edgetpu.ops_total"] == (3, Basis.MEASURED)
    assert values["edgetpu.ops_mapped"] == (2, Basis.MEASURED)
    assert compiler.count() == 1


def test_it_is_asked_for_the_runtime_and_the_time(compiler: Compiler) -> None:
    compile_edgetpu(b"model", program=compiler.does(WORKS), min_runtime=13, timeout=77)
    assert compiler.calls.read_text(encoding="utf-8").startswith("-s -m 13 -t 77 -o ")


def test_it_is_found_on_path(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(compiler.path.parent))
    assert compile_edgetpu(b"model") is None
    compiler.does(WORKS)
    assert compile_edgetpu(b"model") is not None


def test_a_crash_is_tried_once_more(compiler: Compiler) -> None:
    program = compiler.does(f"if runs == 1: sys.exit('Internal compiler error. Aborting!')\n{WORKS}")
    assert compile_edgetpu(b"model", program=program) is not None
    assert compiler.count() == 2


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("Invalid model: model.tflite\\nModel not quantized", "int8 recipe"),
        ("ERROR: Didn't find op for builtin opcode 'CONV_2D' version '8'. Model could not be parsed", "newer than"),
        ("Compilation failed due to large activation tensors in model.", "smaller"),
        ("error: something new", "see what it printed"),
    ],
)
def test_a_refusal_says_what_to_do(compiler: Compiler, said: str, hint: str) -> None:
    with pytest.raises(ToolError) as caught:
        compile_edgetpu(b"model", program=compiler.does(f'print("{said}"); sys.exit(1)'))
    first, *rest = said.split("\\n")
    assert (rest or [first])[-1] in str(caught.value)
    assert hint in caught.value.hint
    assert first in caught.value.details
    assert compiler.count() == 2


def test_running_out_of_time_is_an_error(compiler: Compiler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edgetpu, "_GRACE", 0.0)
    program = compiler.does("")
    slow = f"#!/bin/sh\necho $* >>'{compiler.calls}'\necho began\nexec sleep 60\n"  # sooner there than an interpreter
    compiler.path.write_text(slow, encoding="utf-8")
    with pytest.raises(ToolError, match="took longer than 1 s") as caught:
        compile_edgetpu(b"model", program=program, timeout=1)
    assert "began" in caught.value.details
    assert compiler.count() == 2


def test_success_without_a_file_is_a_failure(compiler: Compiler) -> None:
    with pytest.raises(ToolError, match="exit code 0"):
        compile_edgetpu(b"model", program=compiler.does("pass"))


def test_a_program_that_cannot_run_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / PROGRAM
    broken.write_text("", encoding="utf-8")
    with pytest.raises(ToolError, match="Permission denied"):
        compile_edgetpu(b"model", program=str(broken))


def test_what_stays_on_the_cpu_is_told_and_a_right_prediction_is_silent(compiler: Compiler) -> None:
    model = two_relus_and_an_elu()
    predicted = predict_mapping(model, load_edgetpu_compiler("16.0"))
    done = compile_edgetpu(b"model", program=compiler.does(WORKS))
    assert done is not None
    (note,) = findings(done, model, predicted)
    assert (note.severity, note.where, note.message) == (
        Severity.NOTE,
        "ELU",
        "1 on the CPU: Operation not supported",
    )


def test_a_wrong_prediction_is_told(compiler: Compiler) -> None:
    model = two_relus_and_an_elu()
    predicted = predict_mapping(model, load_edgetpu_compiler("16.0"))
    done = compile_edgetpu(b"model", program=compiler.does(WORKS))
    assert done is not None
    fewer = dataclasses.replace(done, ops=(("RELU", 1, "Mapped to Edge TPU"), ("RELU", 1, "Operation not supported")))
    warnings = [d for d in findings(fewer, model, predicted) if d.severity is Severity.WARNING]
    assert [(d.where, d.message) for d in warnings] == [("RELU", "2 were predicted to map, the compiler mapped 1")]
