"""Compilers for another CPU, zig's or a gcc on PATH, and the sections of the objects that they make of the C runtime.

Sizes are of objects, before the linker throws away what a firmware does not call, and without the `memcpy` and the
helpers that it takes from its own libc and compiler.
"""

import dataclasses
import importlib.util
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from packager.config.profile import Cpu
from packager.errors import ToolError
from packager.measure.elf import Sections, elf_sections

DEVICE = ("model.c", "model_weights.c")
"""What a firmware compiles; the self-test and the runner aside."""
FLAGS = (
    "-std=c99",
    "-Os",
    "-fno-pic",  # some gccs are built to make position-independent code, which turns constant tables into data
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",  # or an ARM firmware gets an unwinder with them
)
_PATIENCE = 600.0
_TAIL = 4000


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Kind:
    """A value of `Cpu.machine`, in the words of compilers."""

    zig: str
    gcc: tuple[str, ...]
    flags: tuple[str, ...] = ()
    """For gcc, which holds for one instruction set out of several."""
    emulator: str = ""


_MICRO = ("arm-none-eabi-gcc", "arm-linux-gnueabi-gcc")
_MACHINES = {
    "x86_64": _Kind(zig="x86_64-linux-musl", gcc=("x86_64-linux-gnu-gcc",), emulator="qemu-x86_64"),
    "aarch64": _Kind(zig="aarch64-linux-musl", gcc=("aarch64-linux-gnu-gcc",), emulator="qemu-aarch64"),
    "armv7l": _Kind(zig="arm-linux-musleabihf", gcc=("arm-linux-gnueabihf-gcc",), emulator="qemu-arm"),
    # Hard floats, as Raspberry Pi OS has them; Debian's gcc for that ABI brings helpers for ARMv7 alone.
    "armv6l": _Kind(zig="arm-linux-musleabihf", gcc=(), emulator="qemu-arm"),
    "riscv64": _Kind(zig="riscv64-linux-musl", gcc=("riscv64-linux-gnu-gcc",), emulator="qemu-riscv64"),
    # zig brings no headers for a bare system: musl's serve, for no code of it goes into an object.
    "armv7e-m": _Kind(zig="thumb-linux-musleabi", gcc=_MICRO, flags=("-mthumb", "-mfloat-abi=soft")),
    "armv8-m.main": _Kind(zig="thumb-linux-musleabi", gcc=_MICRO, flags=("-mthumb", "-mfloat-abi=soft")),
}


_LEVELS = {"avx512": "x86-64-v4", "avx512vnni": "x86-64-v4", "avx2": "x86-64-v3"}
"""Feature of a profile to the level of the x86-64 psABI that has it, the highest first."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CrossCompiler:
    """A compiler, told what to compile for."""

    name: str
    """``zig`` or the name of the gcc."""
    command: tuple[str, ...]
    flags: tuple[str, ...]
    emulator: str
    """Of qemu-user, that runs what comes out; empty for a CPU without an operating system."""

    def archiver(self) -> tuple[str, ...]:
        """Return the command of its `ar`."""
        if self.name == "zig":
            return (*self.command[:-1], "ar")
        asked = run_tool([*self.command, "-print-prog-name=ar"], f"asking {self.name} for its ar")
        return (asked.decode().strip(),)

    def version(self) -> str:
        """Return the compiler's version.

        Raises:
            ToolError: it does not tell.
        """
        asks = [*self.command[:-1], "version"] if self.name == "zig" else [*self.command, "-dumpfullversion"]
        return run_tool(asks, f"asking {self.name} for its version").decode().strip()


def cross_compiler(cpu: Cpu) -> CrossCompiler | None:
    """Return what compiles for a CPU: zig, of the PATH or of the `ziglang` wheel, else a gcc; None where neither is."""
    kind = _MACHINES.get(cpu.machine)
    if kind is None:
        return None
    if zig := _zig():
        flags = ("-target", kind.zig, *_core(cpu, "_"))
        return CrossCompiler(name="zig", command=(*zig, "cc"), flags=flags, emulator=kind.emulator)
    own = ("gcc",) if cpu.machine == platform.machine() else ()
    for name in (*kind.gcc, *own):
        if path := shutil.which(name):
            flags = (*kind.flags, *_core(cpu, "-"))
            return CrossCompiler(name=name, command=(path,), flags=flags, emulator=kind.emulator)
    return None


def sections_of(source: Path, cpu: Cpu) -> Mapping[str, Sections]:
    """Compile what a firmware takes of the C runtime in `source` and return the sections of each file.

    Raises:
        ToolError: no compiler for this CPU is here, or it refuses the code.
    """
    compiler = _required(cpu)
    with tempfile.TemporaryDirectory(prefix="edgepack-cross-") as name:
        found = {}
        for file in DEVICE:
            target = Path(name) / f"{file}.o"
            command = [*compiler.command, *compiler.flags, *FLAGS, f"-I{source}", "-c", str(source / file)]
            run_tool([*command, "-o", str(target)], f"{compiler.name} on {file} for {cpu.core}")
            found[file] = elf_sections(target.read_bytes(), target.name)
        return found


def _required(cpu: Cpu) -> CrossCompiler:
    if found := cross_compiler(cpu):
        return found
    raise ToolError(f"no C compiler for {cpu.core} ({cpu.machine}) is here", hint="`pip install ziglang` brings one")


def run_tool(command: Sequence[str], what: str, *, folder: Path | None = None) -> bytes:
    """Run a tool in a folder and return what it prints.

    Raises:
        ToolError: it can't be started, takes too long, or fails; `details` is what it said.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the user's own compiler, our own arguments
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=_PATIENCE, check=False, cwd=folder
        )
    except OSError as error:
        raise ToolError(f"{what}: {command[0]} can't be started: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise ToolError(f"{what} took longer than {_PATIENCE:.0f} s") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace")[-_TAIL:]
        raise ToolError(f"{what} failed with exit code {done.returncode}", details=said)
    return done.stdout


def _zig() -> tuple[str, ...]:
    if path := shutil.which("zig"):
        return (path,)
    return (sys.executable, "-m", "ziglang") if importlib.util.find_spec("ziglang") else ()


def _core(cpu: Cpu, dash: str) -> Iterable[str]:
    """The core in a compiler's words, x86-64 by the level of its psABI; RISC-V stays at what every such CPU has."""
    if cpu.machine.startswith("a"):
        return (f"-mcpu={cpu.core.lower().replace('-', dash)}",)
    if cpu.machine != "x86_64":
        return ()
    level = next((level for feature, level in _LEVELS.items() if feature in cpu.features), "")
    more = ("-mavx512vnni",) if "avx512vnni" in cpu.features else ()
    return (f"-march={level.replace('-', dash)}", *more) if level else ()
