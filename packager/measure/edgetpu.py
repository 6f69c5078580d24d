"""Google's `edgetpu_compiler`, where it is on PATH: run it, read its log, and hold it against the prediction.

It is a closed program for x86-64 Debian, last released in 2021. What is parsed here follows its public logs.
"""

import collections
import dataclasses
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packager.errors import Diagnostic, Severity, ToolError
from packager.figure import Basis, Figure, Place
from packager.ir import Model
from packager.plan.edgetpu import Mapping

PROGRAM = "edgetpu_compiler"
_MAPPED = "Mapped to Edge TPU"
_ROW = re.compile(r"^\s*(\w+)\s+(\d+)\s+(\S.*?)\s*$", re.MULTILINE)
_SIZE = re.compile(r"^(?P<what>(?:On|Off)-chip memory [^:]+):\s*(?P<count>[\d.]+)\s*(?P<unit>[KMG]?i?B)", re.MULTILINE)
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_TAIL = 4000
_GRACE = 10.0
"""Seconds that the compiler gets beyond its own time-out, which says more than ours."""
_REMEDIES = {
    "Model not quantized": "build with an int8 recipe",
    "Didn't find op for builtin opcode": "an operator is newer than the compiler; a build for coral names it",
    "dynamic-sized tensors": "give every input a fixed shape with --input-shape",
    "large activation tensors": "make the input or the first layers smaller",
    "Internal compiler error": "compile parts of the model to find the operator",
}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EdgeTpuCompilation:
    model: bytes
    """The compiled file, `model_edgetpu.tflite`."""
    version: str
    ops: tuple[tuple[str, int, str], ...]
    """Operator type, how many of them, and their status, as the log lists them."""
    cached_bytes: int | None
    streamed_bytes: int | None
    log: str

    @property
    def total(self) -> int:
        return sum(count for _, count, _ in self.ops)

    @property
    def mapped(self) -> int:
        return sum(count for _, count, status in self.ops if status == _MAPPED)

    def figures(self) -> tuple[Figure, ...]:
        source = f"edgetpu_compiler {self.version}"
        rows = [("edgetpu.ops_total", self.total, "1"), ("edgetpu.ops_mapped", self.mapped, "1")]
        if self.cached_bytes is not None:
            rows.append(("edgetpu.cached.bytes", self.cached_bytes, "B"))
        if self.streamed_bytes is not None:
            rows.append(("edgetpu.streamed.bytes", self.streamed_bytes, "B"))
        return tuple(Figure(name=n, value=v, unit=u, basis=Basis.MEASURED, source=source) for n, v, u in rows)


def compile_edgetpu(
    model: bytes, *, min_runtime: int = 14, timeout: float = 600, program: str = ""
) -> EdgeTpuCompilation | None:
    """Compile a TFLite file; None where the compiler is not on PATH.

    A run that fails is tried once more, for the compiler is known to crash now and then on models that it takes.

    Args:
        model: the TFLite file's bytes.
        min_runtime: the oldest libedgetpu that must run the result; the compiler's ``-m``.
        timeout: seconds for one run.
        program: the compiler, where it is not on PATH.

    Raises:
        ToolError: it refused the model, crashed or ran out of time, twice; `details` holds what it printed.
    """
    found = program or shutil.which(PROGRAM)
    if not found:
        return None
    try:
        return _compile(found, model, min_runtime, timeout)
    except ToolError:
        return _compile(found, model, min_runtime, timeout)


def _compile(program: str, model: bytes, min_runtime: int, timeout: float) -> EdgeTpuCompilation:
    with tempfile.TemporaryDirectory(prefix="edgepack-") as name:
        folder = Path(name)
        (folder / "model.tflite").write_bytes(model)
        command = [program, "-s", "-m", str(min_runtime), "-t", f"{timeout:.0f}", "-o", name, "model.tflite"]
        try:
            done = subprocess.run(  # noqa: S603 - the compiler that the user installed, our own file
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout + _GRACE,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            output = (error.stdout or b"").decode(errors="replace")
            raise ToolError(f"{PROGRAM} took longer than {timeout:.0f} s", details=output[-_TAIL:]) from None
        except OSError as error:
            raise ToolError(f"{program}: {error.strerror}", hint=f"reinstall {PROGRAM}") from None
        output = done.stdout.decode(errors="replace")
        compiled = folder / "model_edgetpu.tflite"
        if done.returncode != 0 or not compiled.is_file():
            raise _refusal(output, done.returncode)
        return _read(output, compiled.read_bytes())


def _refusal(output: str, code: int) -> ToolError:
    hint = next((remedy for words, remedy in _REMEDIES.items() if words in output), "see what it printed")
    said = [line for line in output.splitlines() if re.search(r"error|failed|invalid|not ", line, re.IGNORECASE)]
    message = said[-1].strip() if said else f"exit code {code}"
    return ToolError(f"{PROGRAM}: {message}", hint=hint, details=output[-_TAIL:])


def _read(output: str, compiled: bytes) -> EdgeTpuCompilation:
    version = re.search(r"Edge TPU Compiler version (\S+)", output)
    sizes = {m["what"]: round(float(m["count"]) * _UNITS[m["unit"]]) for m in _SIZE.finditer(output)}
    table = output.partition("Operator")[2]
    return EdgeTpuCompilation(
        model=compiled,
        version=version[1] if version else "",
        ops=tuple((m[1], int(m[2]), m[3]) for m in _ROW.finditer(table)),
        cached_bytes=sizes.get("On-chip memory used for caching model parameters"),
        streamed_bytes=sizes.get("Off-chip memory used for streaming uncached model parameters"),
        log=output,
    )


def findings(compiled: EdgeTpuCompilation, model: Model, predicted: Mapping) -> Iterator[Diagnostic]:
    """Yield what the compiler left on the CPU, and where the prediction was wrong, by type of operator."""
    for op, count, status in compiled.ops:
        if status != _MAPPED:
            yield Diagnostic(severity=Severity.NOTE, where=op, message=f"{count} on the CPU: {status}")
    real: collections.Counter[str] = collections.Counter()
    for op, count, status in compiled.ops:
        real[op] += count if status == _MAPPED else 0
    guess = collections.Counter(
        node.display_op
        for node, verdict in zip(model.main.nodes, predicted.verdicts, strict=True)
        if verdict.place is Place.TPU
    )
    for op in sorted(real.keys() | guess.keys()):
        if real[op] != guess[op]:
            message = f"{guess[op]} were predicted to map, the compiler mapped {real[op]}"
            yield Diagnostic(severity=Severity.WARNING, where=op, message=message, hint="the compiler is right")
