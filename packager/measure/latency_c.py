"""How long a bundle's C runtime takes on this machine: its shared library, called as LiteRT's `Interpreter` is."""

import importlib.util
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from packager.errors import ConfigError, ToolError
from packager.figure import Figure
from packager.measure.c import RUNTIME, compiler
from packager.measure.cross import run_tool
from packager.measure.latency import figures_of, fill_inputs, measured, memory_now, this_cpu
from packager.measure.prebuilt import FOLDER, SHARED, about, emulator_for
from packager.util import child

_OPTIMIZED = ("-std=c99", "-O3", "-march=native", "-shared", "-fPIC")
_UNITS = ("model.c", "model_weights.c", "selftest.c")


def measure_c(
    bundle: Path, *, seconds: float = 1.0, iterations: int | None = None, threads: int = 1
) -> tuple[Figure, ...]:
    """Time the C runtime of a bundle, in a child process; as `measure_litert` does, and the same figures.

    The bundle's own library is taken where this CPU runs it, else one compiled from its sources for this machine.

    Raises:
        ConfigError: the bundle holds no C runtime, or more than one thread is asked for.
        ToolError: there is no compiler, it refuses the code, or the library crashed.
    """
    source = bundle.resolve() / RUNTIME
    if not (source / "model.c").is_file():
        raise ConfigError(f"{bundle.name} holds no C runtime", hint="its report says which operator has no C kernel")
    if threads > 1:
        raise ConfigError(f"the C runtime's library has one thread, not {threads}", hint="leave --threads out")
    with tempfile.TemporaryDirectory(prefix="edgepack-c-") as folder:
        library, how = _library(source, Path(folder))
        times, peak = child.call(_measure, str(source / "model.py"), str(library), seconds, iterations)
    return figures_of(times, peak, f"the C runtime, {how}, 1 thread, {this_cpu()}")


def _library(source: Path, folder: Path) -> tuple[Path, str]:
    """The shared library, and in words what it is."""
    own, said = source / FOLDER / SHARED, about(source / FOLDER)
    if own.is_file() and said and emulator_for(said["machine"], said["features"]) == ():
        return own, f"{said['compiler']} {said['flags']}"
    command = compiler()
    if not command:
        raise ToolError(
            "no C compiler is here: the C runtime can't be timed", hint="install gcc, or `pip install ziglang`"
        )
    flags = [flag for flag in _OPTIMIZED if platform.machine() != "riscv64" or flag != "-march=native"]
    made = folder / SHARED
    files = [f"-I{source}", *(str(source / name) for name in _UNITS), "-o", str(made)]
    name = Path(command[0]).name
    run_tool([*command, *flags, *files], f"{name} on the C runtime")
    return made, f"compiled for this machine by {name} -O3"


def _measure(module: str, library: str, seconds: float, iterations: int | None) -> tuple[tuple[float, ...], int]:
    spec = importlib.util.spec_from_file_location("edgepack_model", module)
    assert spec is not None, "it is a Python file"
    assert spec.loader is not None, "it is a Python file"
    model: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(model)
    rng = np.random.default_rng(0)  # whose module takes more than most models
    before = memory_now()
    try:
        interpreter = model.Interpreter(library)
    except RuntimeError as error:
        raise ToolError(f"the C runtime's library can't be loaded: {error}") from None
    fill_inputs(interpreter, rng)
    return measured(interpreter.invoke, before, seconds, iterations)
