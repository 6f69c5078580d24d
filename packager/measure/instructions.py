"""How many instructions an inference of a bundle's C runtime takes on its CPU, counted by qemu. They are no time."""

import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packager.data import data_dir
from packager.errors import ConfigError, ToolError
from packager.figure import Basis, Figure
from packager.ir import Model, TensorType, read_tflite
from packager.measure.c import RUNTIME, compiler
from packager.measure.prebuilt import FOLDER, RUNNER, about
from packager.ops import Array

_RUNS = 4
"""Inferences that are counted, beside one that is taken off with the start of the program."""
_KINDS = {"armv7l": "arm", "armv6l": "arm"}
_PATIENCE = 600.0
_TAIL = 2000
_HINT = "Debian's package qemu-user has it; its qemu-user-static takes no plugins"


def count_instructions(bundle: Path, artifact: Path) -> tuple[Figure, ...]:
    """Return ``instructions.per_inference`` of the bundle's own runner, compiled for its CPU.

    Args:
        bundle: Its folder.
        artifact: The TFLite file that says the inputs' shapes.

    Raises:
        ConfigError: the bundle holds no compiled C runtime.
        ToolError: no qemu-user that takes plugins is here, or no C compiler.
    """
    program, said = bundle / RUNTIME / FOLDER / RUNNER, about(bundle / RUNTIME / FOLDER)
    if not said or not program.is_file():
        raise ConfigError(
            f"{bundle.name} holds no compiled C runtime to count the instructions of",
            hint="`pip install ziglang`, and build it again; its report says which operator has no C kernel",
        )
    emulator = f"qemu-{_KINDS.get(said['machine'], said['machine'])}"
    path = shutil.which(emulator)
    if path is None:
        raise ToolError(f"{emulator} is not on PATH", hint=_HINT)
    with tempfile.TemporaryDirectory(prefix="edgepack-") as name:
        command = [path, "-cpu", "max", "-plugin", str(_plugin(Path(name))), str(program)]
        one, more = (_count([*command, str(_inputs(Path(name), read_tflite(artifact), n))]) for n in (1, 1 + _RUNS))
    source = (
        f"{said['core']}'s runner ({said['compiler']}, {said['flags']}) under {emulator}, mean of {_RUNS} inferences"
    )
    return (
        Figure(
            name="instructions.per_inference",
            value=(more - one) / _RUNS,
            unit="instructions",
            basis=Basis.SIMULATED,
            source=f"{source}; instructions are no time",
        ),
    )


def _plugin(folder: Path) -> Path:
    """The counting plugin, compiled for this machine."""
    command, made = compiler(), folder / "count.so"
    if not command:
        raise ToolError("no C compiler is here: qemu's counting plugin can't be made", hint="install gcc")
    source = folder / "count.c"
    source.write_bytes((data_dir("templates") / "qemu/count.c").read_bytes())
    _run([*command, "-shared", "-fPIC", "-O2", str(source), "-o", str(made)], f"{Path(command[0]).name} on the plugin")
    return made


def _inputs(folder: Path, model: Model, count: int) -> Path:
    """A file of `count` inputs, drawn at random with a fixed seed."""
    rng, path = np.random.default_rng(0), folder / f"{count}.bin"
    arrays = [_drawn(rng, count, type_) for type_ in model.input_types()]
    path.write_bytes(b"".join(array[i].tobytes() for i in range(count) for array in arrays))
    return path


def _drawn(rng: np.random.Generator, count: int, type_: TensorType) -> Array:
    shape = (count, *(abs(size) for size in type_.dims))
    dtype = np.dtype(type_.dtype.value)
    if dtype.kind == "f":
        return rng.uniform(-1, 1, shape).astype(dtype)
    info = np.iinfo(dtype)
    return rng.integers(info.min, info.max, shape, endpoint=True).astype(dtype)


def _count(command: Sequence[str]) -> int:
    said = _run(command, f"{Path(command[0]).name} with a plugin, on {platform.machine()},")
    found = re.search(r"instructions: (\d+)", said)
    if not found:
        raise ToolError(f"{command[0]} counts no instructions", hint=_HINT, details=said[-_TAIL:])
    return int(found[1])


def _run(command: Sequence[str], what: str) -> str:
    """Return what it wrote to standard error."""
    try:
        done = subprocess.run(list(command), capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603 - tools of this machine
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{what} failed: {error}") from None
    said = done.stderr.decode(errors="replace")
    if done.returncode:
        raise ToolError(f"{what} failed with exit code {done.returncode}", hint=_HINT, details=said[-_TAIL:])
    return said
