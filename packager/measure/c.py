"""The C runtime of a bundle, run on given inputs: its own program where this machine can, else its sources compiled."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packager.errors import ConfigError, ToolError
from packager.interp._samples import check, fixed_dims, own_dims
from packager.ir import Model, read_tflite
from packager.measure.engines import Array

RUNTIME = "runtime/c"
SOURCES = ("model.c", "model_weights.c", "selftest.c", "main.c")
FLAGS = ("-std=c99", "-O2")
_PATIENCE = 600.0
_TAIL = 4000


def compiler() -> tuple[str, ...]:
    """Return the command of this machine's C compiler: ``CC``, gcc, clang, cc, or zig's; empty where there is none."""
    names = (os.environ.get("CC", ""), "gcc", "clang", "cc")
    found = next((path for name in names if name and (path := shutil.which(name))), "")
    if found:
        return (found,)
    if zig := shutil.which("zig"):
        return (zig, "cc")
    return (sys.executable, "-m", "ziglang", "cc") if importlib.util.find_spec("ziglang") else ()


def compile_runtime(source: Path, folder: Path, *, flags: Sequence[str] = FLAGS, command: Sequence[str] = ()) -> Path:
    """Compile the runner of a C runtime into `folder` and return it.

    Args:
        source: The folder with `model.c`.
        folder: Where the program goes.
        flags: For the compiler.
        command: The compiler; this machine's by default.

    Raises:
        ToolError: there is no compiler, or it refuses the code.
    """
    command = command or compiler()
    if not command:
        raise ToolError("no C compiler is here: the C runtime can't run", hint="install gcc, or `pip install ziglang`")
    program = folder / "model"
    files = [f"-I{source}", *(str(source / name) for name in SOURCES)]
    _run([*command, *flags, *files, "-o", str(program)], b"", f"{Path(command[0]).name} on the C runtime")
    return program


def run_program(
    program: Path, model: Model, inputs: Sequence[Array], *, emulator: Sequence[str] = ()
) -> tuple[Array, ...]:
    """Return what a compiled runner computes, ``[count, ...]`` an output.

    Args:
        program: As `compile_runtime` returns it.
        model: What it was generated from; its inputs and outputs count.
        inputs: One array an input, ``[count, ...]`` in the model's own types.
        emulator: What runs the program where this machine can't: ``qemu-aarch64 -L ...``.

    Raises:
        ConfigError: the inputs do not fit the model.
        ToolError: the program fails.
    """
    count = check(inputs, model.input_names(), model.input_types())
    given = b"".join(array[i].tobytes() for i in range(count) for array in inputs)
    raw = np.frombuffer(_run([*emulator, str(program)], given, "the C runtime"), np.uint8)
    types = model.output_types()
    ends = np.cumsum([0, *(type_.nbytes for type_ in types)])
    if raw.size != count * ends[-1]:
        raise ToolError(f"the C runtime wrote {raw.size} bytes instead of {count * ends[-1]}")
    table = raw.reshape(count, ends[-1])
    return tuple(
        np.frombuffer(table[:, start:stop].tobytes(), type_.dtype.numpy).reshape(count, *own_dims(fixed_dims(type_)))
        for start, stop, type_ in zip(ends, ends[1:], types, strict=False)
    )


def run_c(
    bundle: Path, inputs: Sequence[Array], *, model: str = "model/model.tflite", own: Sequence[str] = ()
) -> tuple[Array, ...]:
    """Run the C runtime of a bundle.

    Args:
        bundle: Its folder.
        inputs: One array an input, ``[count, ...]`` in the model's own types.
        model: The TFLite file that says the shapes.
        own: The command of the bundle's own program; without one the sources are compiled.

    Raises:
        ConfigError: the bundle holds no C runtime, or the inputs do not fit.
        ToolError: there is no compiler, it refuses the code, or the program fails.
    """
    source = bundle / RUNTIME
    if not (source / "model.c").is_file():
        raise ConfigError(f"{bundle.name} holds no C runtime", hint="its report says which operator has no C kernel")
    described = read_tflite(bundle / model)
    check(inputs, described.input_names(), described.input_types())
    if own:
        return run_program(Path(own[-1]), described, inputs, emulator=own[:-1])
    with tempfile.TemporaryDirectory(prefix="edgepack-c-") as folder:
        return run_program(compile_runtime(source, Path(folder)), described, inputs)


def selftest(program: Path, *, emulator: Sequence[str] = ()) -> str:
    """Run a runner's self-test; return the name of the first layer that differs, empty where none does.

    Raises:
        ToolError: it ends otherwise.
    """
    done = _start([*emulator, str(program), "--selftest"], b"", "the self-test")
    said = done.stdout.decode(errors="replace").strip()
    if done.returncode not in (0, 1) or not said.startswith("selftest: "):
        raise ToolError(f"the self-test ended with {done.returncode}", details=_said(done) or "it printed nothing")
    return said.removeprefix("selftest: ") if done.returncode else ""


def _run(command: Sequence[str], given: bytes, what: str) -> bytes:
    done = _start(command, given, what)
    if done.returncode:
        raise ToolError(f"{what} failed with exit code {done.returncode}", details=_said(done))
    return done.stdout


def _start(command: Sequence[str], given: bytes, what: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - the user's own compiler, or a program that we just made
            list(command), input=given, capture_output=True, timeout=_PATIENCE, check=False
        )
    except OSError as error:
        raise ToolError(f"{what}: {command[0]} can't be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"{what} took longer than {_PATIENCE:.0f} s", hint="run fewer inputs") from None


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    return (done.stderr or done.stdout).decode(errors="replace")[-_TAIL:]
