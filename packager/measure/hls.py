"""C simulation and timed simulation of an HLS project, compiled by g++ in a folder of their own."""

import dataclasses
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
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
        inputs: One array of 8 bits per model input, ``[count, ...]`` without the batch of 1.
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
        program = _compile(bundle / PROJECT, "testbench", folder, flags)
        frames, results = folder / "frames", folder / "results"
        frames.mkdir()
        results.mkdir()
        for i, array in enumerate(inputs):
            np.ascontiguousarray(array).tofile(frames / f"input_{i}.bin")
        _run([str(program), str(frames), str(results)], folder, "the C simulation")
        return tuple(
            np.fromfile(results / f"output_{i}.bin", type_.dtype.numpy).reshape(len(inputs[0]), *type_.dims[1:])
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


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """What the timed simulation of a design says; the depth of each pipeline, some tens of cycles, is left out."""

    latency: int
    """Cycles from the first value in to the last value out, of one frame alone."""
    interval: int
    """Cycles from frame to frame, once the design is full."""
    buffers: Mapping[str, tuple[int, int]]
    """By stream: beats that fit, and the most there were at one time."""
    depths: Mapping[str, int]
    """By stream: beats that are enough, some to spare, with which no frame comes a cycle later."""


def timing(bundle: Path, *, flags: Sequence[str] = FLAGS) -> Timing:
    """Run the golden frames of a bundle through the timed simulation of its project, three in all.

    Raises:
        IntegrityError: the design locks up; the message names the processes and the streams they wait on.
        ToolError: as `csim`.
    """
    with tempfile.TemporaryDirectory(prefix="edgepack-timing-") as name:
        program = _compile(bundle / PROJECT, "timing", Path(name), (*flags, "-DEP_TIMED"))
        said = _run(
            [str(program), str((bundle / PROJECT / "golden").absolute())], Path(name), "the timed simulation", ok=(0, 3)
        )
    rows = [line.split() for line in said.splitlines()]
    if stuck := [f"{row[1]} on {row[2]}" for row in rows if row[0] == "deadlock"]:
        raise IntegrityError(
            f"the design locks up: {', '.join(stuck[:4])}", hint="this is a fault of EdgePack; please report it"
        )
    ends = [int(row[2]) for row in rows if row[0] == "frame"]
    return Timing(
        latency=ends[0],
        interval=ends[-1] - ends[-2],
        buffers={row[1]: (int(row[2]), int(row[3])) for row in rows if row[0] == "buffer"},
        depths={row[1]: int(row[2]) for row in rows if row[0] == "depth"},
    )


def _compile(project: Path, bench: str, folder: Path, flags: Sequence[str]) -> Path:
    """Compile a project with one of its benches into `folder`, both files at once, and return the program."""
    cxx = compiler()
    if not cxx:
        raise ToolError("no C++ compiler is here: the C simulation can't run", hint="install g++, or set CXX")
    sources = [project / "src/top.cpp", project / f"testbench/{bench}.cpp"]
    for source in sources:
        if not source.is_file():
            raise ConfigError(f"{source} is not here", hint="only bundles for an FPGA hold an HLS project")
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


def _run(command: list[str], folder: Path, what: str, ok: Sequence[int] = (0,)) -> str:
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
    said = done.stdout.decode(errors="replace")
    if done.returncode not in ok:
        raise ToolError(f"{what} failed with exit code {done.returncode}", details=said[-_TAIL:])
    return said


def _check(types: Sequence[TensorType], inputs: Sequence[Array]) -> None:
    if len(inputs) != len(types):
        raise ConfigError(f"{len(inputs)} inputs given, the model has {len(types)}", hint="give one array an input")
    for i, (array, type_) in enumerate(zip(inputs, types, strict=True)):
        if array.dtype != type_.dtype.numpy or tuple(array.shape[1:]) != type_.dims[1:] or len(array) != len(inputs[0]):
            raise ConfigError(
                f"input {i} is {array.dtype} {list(array.shape)}, the design takes {type_.dtype} [count, "
                f"{', '.join(str(d) for d in type_.dims[1:])}]",
                hint="quantize and shape the inputs as the model's",
            )
    if inputs and not len(inputs[0]):
        raise ConfigError("there is no frame to simulate", hint="give at least one input")
