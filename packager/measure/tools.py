"""The outside tools that EdgePack can use, whether they are here, and what each missing one costs."""

import dataclasses
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

_PATIENCE = 30.0
"""Seconds for a tool to say its version; Vitis HLS starts a whole environment to do so."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Tool:
    name: str
    costs: str
    """What can't be done without it."""
    commands: tuple[str, ...] = ()
    """Programs that serve, the first found on PATH is taken."""
    asks: tuple[str, ...] = ("--version",)
    """Arguments that make it print its version."""
    distributions: tuple[str, ...] = ()
    """Python packages that serve, for a tool that is one."""
    module: str = ""
    """Python module to run where no command is found: ``ziglang``."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    name: str
    costs: str
    path: str
    """Empty where the tool is missing."""
    version: str
    """Empty where the tool does not tell."""


TOOLS = (
    Tool(
        name="edgetpu_compiler",
        commands=("edgetpu_compiler",),
        costs="coral bundles hold model.tflite with its predicted mapping, not model_edgetpu.tflite",
    ),
    Tool(
        name="trtexec",
        commands=("trtexec", "/usr/src/tensorrt/bin/trtexec"),
        asks=("--help",),
        costs="none here: a jetson bundle builds its engine on the board, with the board's own trtexec",
    ),
    Tool(
        name="vitis_hls",
        commands=("vitis_hls", "vitis-run", "v++"),
        costs="fpga figures are estimates, not synthesis results",
    ),
    Tool(name="g++", commands=("g++", "clang++", "c++"), costs="fpga projects can't be simulated in C"),
    Tool(name="gcc", commands=("gcc", "clang", "cc"), costs="generated C can't be compiled for this machine"),
    Tool(
        name="zig",
        commands=("zig",),
        asks=("version",),
        module="ziglang",
        costs="C can't be compiled for other CPUs; `pip install ziglang` needs no root",
    ),
    Tool(
        name="qemu-aarch64",
        commands=("qemu-aarch64", "qemu-aarch64-static"),
        costs="64-bit ARM programs can't be run here; Debian: qemu-user",
    ),
    Tool(
        name="qemu-arm",
        commands=("qemu-arm", "qemu-arm-static"),
        costs="32-bit ARM programs can't be run here; Debian: qemu-user",
    ),
    Tool(
        name="qemu-riscv64",
        commands=("qemu-riscv64", "qemu-riscv64-static"),
        costs="RISC-V programs can't be run here; Debian: qemu-user",
    ),
    Tool(
        name="tensorflow",
        distributions=("tensorflow", "tensorflow-cpu"),
        costs="no .keras, .h5 or SavedModel; `pip install 'edgepack[tensorflow]'`",
    ),
    Tool(
        name="onnx2tf",
        distributions=("onnx2tf",),
        costs="no ONNX models with operators that EdgePack's own reader leaves to it; `pip install 'edgepack[onnx]'`",
    ),
    Tool(name="torch", distributions=("torch",), costs="no .pt2 or .pt models; `pip install 'edgepack[torch]'`"),
)


def find_tools(tools: Sequence[Tool] = TOOLS) -> tuple[Found, ...]:
    """Look for each tool: Python packages by their metadata, programs on PATH, which are asked for their version."""
    return tuple(_package(tool) if tool.distributions else _program(tool) for tool in tools)


def _package(tool: Tool) -> Found:
    for name in tool.distributions:
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        return Found(name=tool.name, costs=tool.costs, path=str(found.locate_file("")), version=found.version)
    return Found(name=tool.name, costs=tool.costs, path="", version="")


def _program(tool: Tool) -> Found:
    path = next((found for name in tool.commands if (found := shutil.which(name))), "")
    command = [path]
    if not path and tool.module and (spec := importlib.util.find_spec(tool.module)) and spec.origin:
        path, command = spec.origin, [sys.executable, "-m", tool.module]
    version = _version([*command, *tool.asks]) if path else ""
    return Found(name=tool.name, costs=tool.costs, path=path, version=version)


def _version(command: list[str]) -> str:
    """Return the first thing that looks like a version in what a program prints; empty where nothing does."""
    try:
        done = subprocess.run(  # noqa: S603 - a program on the user's own PATH, our own arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\d+(?:\.\d+)+|(?<=TensorRT v)\d+", done.stdout.decode(errors="replace"))
    return match[0] if match else ""
