"""C simulation of an HLS project: compiled by g++ in a folder of its own, run on given frames."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packager.errors import ConfigError, IntegrityError, ToolError
from packager.ir import TensorType, read_tflite
from packager.measure.engines import Array

PROJECT = "runtime/hls"
FLAGS = ("-std=c++14", "-O1", "-Wall", "-Wextra", "-Werror")
_PATIENCE = 600.0
_TAIL = 4000


def compiler() -> str:
    """Return the C++ compiler of this machine: ``CXX``, else g++ or its stand-ins; empty where there is none."""
    names = (os.environ.get("CXX", ""), "g++", "clang++", "c++")
    return next((path for name in names if name and (path := shutil.which(name))), "")


def csim(
    bundle: Path, inputs: Sequence[Array], *, flags: Sequence[str] = FLAGS, model: str = "model/model.tflite"
) -> tuple[Array, ...]:
    """Compile the project of a bundle, run frames through it, and return the integers that come out.

    Args:
        bundle: The bundle's folder.
        inputs: One int8 array per model input, ``[count, ...]`` without the batch of 1.
        flags: For the compiler.
        model: The TFLite file in the bundle that says the shapes.

    Raises:
        ToolError: there is no C++ compiler, or it refuses the code, or the simulation stopped.
        ConfigError: the inputs do not fit the model.
    """
    types = read_tflite(bundle / model)
    _check(types.input_types(), inputs)
    with tempfile.TemporaryDirectory(prefix="edgepack-csim-") as name:
        folder = Path(name)
        program = compile_project(bundle / PROJECT, folder, flags)
        frames, results = folder / "frames", folder / "results"
        frames.mkdir()
        results.mkdir()
        for i, array in enumerate(inputs):
            np.ascontiguousarray(array, np.int8).tofile(frames / f"input_{i}.bin")
        _run([str(program), str(frames), str(results)], folder, "the C simulation")
        return tuple(
            np.fromfile(results / f"output_{i}.bin", np.int8).reshape(len(inputs[0]), *type_.dims[1:])
            for i, type_ in enumerate(types.output_types())
        )


def check_csim(bundle: Path, inputs: Sequence[Array], expected: Sequence[Array]) -> None:
    """Run the C simulation and compare every integer.

    Raises:
        IntegrityError: one differs.
        ToolError: as `csim`.
    """
    for i, (found, wanted) in enumerate(zip(csim(bundle, inputs), expected, strict=True)):
        wrong = int((found != wanted.reshape(found.shape)).sum())
        if wrong:
            raise IntegrityError(
                f"the C simulation differs from the model in {wrong} of {wanted.size} values of output {i}",
                hint="this is a fault of EdgePack; please report it with the model",
            )


def compile_project(project: Path, folder: Path, flags: Sequence[str] = FLAGS) -> Path:
    """Compile a project's C simulation into `folder`, both files at once, and return the program.

    Raises:
        ToolError: there is no compiler, or it refuses the code.
    """
    cxx = compiler()
    if not cxx:
        raise ToolError("no C++ compiler is here: the C simulation can't run", hint="install g++, or set CXX")
    sources = [project / "src/top.cpp", project / "testbench/testbench.cpp"]
    objects = [folder / f"{source.stem}.o" for source in sources]
    include = [f"-I{project / 'include'}", f"-I{project / 'src'}"]
    running = [
        subprocess.Popen(  # noqa: S603 - the user's own compiler, our own arguments
            [cxx, *flags, *include, "-c", str(source), "-o", str(target)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for source, target in zip(sources, objects, strict=True)
    ]
    said = [process.communicate()[0].decode(errors="replace") for process in running]
    if any(process.returncode for process in running):
        raise ToolError(f"{cxx} refuses the HLS project", details="".join(said)[-_TAIL:])
    program = folder / "csim"
    linking = [f for f in flags if f.startswith("-fsanitize")]
    _run([cxx, *linking, *map(str, objects), "-o", str(program)], folder, "linking the C simulation")
    return program


def _run(command: list[str], folder: Path, what: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - a program that we just made, or the compiler
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"{what} took longer than {_PATIENCE:.0f} s", hint="run fewer frames") from None
    if done.returncode:
        raise ToolError(
            f"{what} failed with exit code {done.returncode}", details=done.stdout.decode(errors="replace")[-_TAIL:]
        )


def _check(types: Sequence[TensorType], inputs: Sequence[Array]) -> None:
    if len(inputs) != len(types):
        raise ConfigError(f"{len(inputs)} inputs given, the model has {len(types)}", hint="give one array an input")
    for i, (array, type_) in enumerate(zip(inputs, types, strict=True)):
        if array.dtype != np.int8 or tuple(array.shape[1:]) != type_.dims[1:] or len(array) != len(inputs[0]):
            raise ConfigError(
                f"input {i} is {array.dtype} {list(array.shape)}, the design takes int8 [count, "
                f"{', '.join(str(d) for d in type_.dims[1:])}]",
                hint="quantize and shape the inputs as the model's",
            )
    if inputs and not len(inputs[0]):
        raise ConfigError("there is no frame to simulate", hint="give at least one input")
