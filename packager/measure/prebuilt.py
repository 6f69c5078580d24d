"""The C runtime compiled for its target: a static library, a shared one, a runner; and what of it runs here.

Nothing is linked with a C library: `support.c` has the two functions that compilers call by themselves, `linux.h` the
runner's start and its system calls. So no compiler has to build a libc for a CPU first, the runner takes a few
kilobytes, and the shared library loads beside any libc. No path, date or build id is in the files: two builds by one
compiler give the same bytes.
"""

import dataclasses
import json
import platform
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packager.config.profile import Cpu
from packager.errors import ToolError
from packager.measure.c import RUNTIME, compiler
from packager.measure.cross import FLAGS, CrossCompiler, cross_compiler, run_tool
from packager.measure.elf import without_sections

FOLDER = "prebuilt"
"""In the C runtime's folder. Not the folder itself, where a `make` would take files of 1980 for its own."""
ABOUT = "prebuilt.json"
RUNNER, STATIC, SHARED, SELFTEST = "model", "libmodel.a", "libmodel.so", "selftest"
_OPTIMIZED = (
    *("-std=c99", "-g0", "-I.", "-fPIC", "-fvisibility=hidden", "-ffunction-sections", "-fdata-sections"),
    *("-fno-asynchronous-unwind-tables", "-fno-unwind-tables", "-fno-stack-protector", "-ffp-contract=off"),
    *("-DEDGEPACK_INCBIN=1", '-DMODEL_API=__attribute__((visibility("default")))'),
)
_SMALL = frozenset({("zig", "aarch64"), ("zig", "armv7l")})
"""Where -Os costs nothing, counted under qemu: for the five MLPerf Tiny models on a Cortex-A72, and keyword spotting on
an A53 and an A76, it takes as many instructions as -O3 to 0.3 %, and 0.4 to 11 KB less; for the five on ARMv7 with NEON
0.987 to 1.007 of them, and 0.5 to 2.4 KB less. Where it costs more, -O3 stays: riscv64 up to 1.5 %, AVX2 3.3."""
_LINKED = ("-nostdlib", "-s", "-Wl,--gc-sections", "-Wl,--build-id=none")
_PROGRAM = ("-static", "-Wl,-z,norelro")
"""Nothing protects a table after relocation in a program that no loader relocates: its headers take 200 bytes."""
_UNITS = ("model", "model_weights", "selftest")
_INTERFACE = "interface.h"
_ANY_ABI = '__asm__(".eabi_attribute 28, 3\\n.eabi_attribute 26, 3");\n'
"""What an object for a microcontroller says of its interface, in which neither a float by value nor an enum stands: it
suits firmware with floats in registers and without (Tag_ABI_VFP_args), and enums of any width (Tag_ABI_enum_size). Else
linkers refuse a library of soft floats in a firmware of hard ones. Arm's "Addenda to, and errata in, the ABI"."""
_HELPERS = {"zig": "-rtlib=compiler-rt"}
"""What brings arithmetic that a CPU lacks, such as the division of ARMv6; gcc has it in libgcc."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Prebuilt:
    files: Mapping[str, bytes]
    """By name in the folder `FOLDER`."""
    compiler: str
    version: str
    how: str
    """The flags that decide: ``-O3 -mcpu=cortex_a72``."""


def prebuild(source: Path, cpu: Cpu) -> Prebuilt | None:
    """Compile the C runtime in `source` for a CPU; None where no compiler for it is here.

    A CPU that runs Linux gets two libraries, a runner and a runner with the self-test; a microcontroller a static
    library.

    Raises:
        ToolError: the compiler refuses the code.
    """
    cross = cross_compiler(cpu)
    if cross is None:
        return None
    level = "-O3" if cross.emulator and (cross.name, cpu.machine) not in _SMALL else "-Os"
    with tempfile.TemporaryDirectory(prefix="edgepack-prebuilt-") as name:
        folder = Path(shutil.copytree(source, Path(name, "c")))
        files = _for_linux(folder, cross, level) if cross.emulator else _for_firmware(folder, cross)
    version = cross.version()
    how = " ".join((level, *cross.flags))
    about = {
        "machine": cpu.machine,
        "core": cpu.core,
        "features": list(cpu.features),
        "compiler": f"{cross.name} {version}",
        "flags": how,
    }
    text = json.dumps(about, indent=1) + "\n"
    return Prebuilt(files={**files, ABOUT: text.encode()}, compiler=cross.name, version=version, how=how)


def emulator_for(machine: str, features: Iterable[str]) -> tuple[str, ...] | None:
    """Return what runs a program of a CPU here: nothing, a qemu-user, or None where nothing does."""
    if machine == platform.machine() and _wanted(machine, features) <= _flags():
        return ()
    kind = {"armv7l": "arm", "armv6l": "arm"}.get(machine, machine)
    for program in (f"qemu-{kind}", f"qemu-{kind}-static"):
        if path := shutil.which(program):
            return (path, "-cpu", "max") if kind == "x86_64" else (path,)
    return None


def program_of(bundle: Path, *, emulate: bool = True) -> tuple[str, ...]:
    """Return the command that runs a bundle's own runner here; empty where there is none, or it can't be run."""
    folder = bundle / RUNTIME / FOLDER
    said = about(folder)
    if not said or not (folder / RUNNER).is_file():
        return ()
    runs = emulator_for(said["machine"], said["features"])
    return () if runs is None or (runs and not emulate) else (*runs, str(folder / RUNNER))


def describe(bundle: Path) -> str:
    """Say in a line what runs for a bundle's C runtime."""
    command = program_of(bundle)
    if not command:
        return f"its sources, compiled for this machine by {Path((compiler() or ('no compiler',))[0]).name}"
    core = about(bundle / RUNTIME / FOLDER).get("core", "")
    under = f"under {Path(command[0]).name}" if len(command) > 1 else "natively"
    return f"{RUNTIME}/{FOLDER}/{RUNNER} for {core}, {under}"


def about(folder: Path) -> Mapping[str, Any]:
    """Return what is said of the programs in a runtime's folder `prebuilt`; empty where there are none."""
    try:
        read = json.loads((folder / ABOUT).read_bytes())
    except (OSError, ValueError):
        return {}
    sound = isinstance(read, dict) and isinstance(read.get("machine"), str) and isinstance(read.get("features"), list)
    return read if sound else {}


def _for_linux(folder: Path, cross: CrossCompiler, level: str) -> Mapping[str, bytes]:
    build = [*cross.command, *cross.flags, level, *_OPTIMIZED]
    units = [f"{unit}.o" for unit in _UNITS]
    for unit in _UNITS:
        _compile(folder, build, unit)
    bare = [*build, "-DEDGEPACK_FREESTANDING", "-fno-builtin"]  # or their loops become calls of memcpy and strlen
    _compile(folder, bare, "support")
    _compile(folder, bare, "main", "main_test.o")
    _compile(folder, [*bare, "-DEDGEPACK_NO_SELFTEST"], "main")
    needed = ["model.o", "model_weights.o", "support.o"]
    _link(folder, cross, [*_PROGRAM, "-o", RUNNER, "main.o", *needed])
    _link(folder, cross, [*_PROGRAM, "-o", SELFTEST, "main_test.o", "selftest.o", *needed])
    _link(folder, cross, ["-shared", f"-Wl,-soname,{SHARED}", "-o", SHARED, *needed])
    _tool(folder, [*cross.archiver(), "rcsD", STATIC, *units])
    made = {name: (folder / name).read_bytes() for name in (RUNNER, SELFTEST, SHARED, STATIC)}
    return {name: without_sections(made[name]) if name in {RUNNER, SELFTEST} else made[name] for name in made}


def _for_firmware(folder: Path, cross: CrossCompiler) -> Mapping[str, bytes]:
    (folder / _INTERFACE).write_text(_ANY_ABI, encoding="ascii")
    more = ("-I.", "-include", _INTERFACE, "-DEDGEPACK_INCBIN=1")
    for unit in _UNITS:
        _compile(folder, [*cross.command, *cross.flags, *FLAGS, *more], unit)
    _tool(folder, [*cross.archiver(), "rcsD", STATIC, *(f"{unit}.o" for unit in _UNITS)])
    return {STATIC: (folder / STATIC).read_bytes()}


def _compile(folder: Path, build: Sequence[str], unit: str, to: str = "") -> None:
    """Compile one file: zig makes one object of several."""
    _tool(folder, [*build, "-c", f"{unit}.c", "-o", to or f"{unit}.o"])


def _link(folder: Path, cross: CrossCompiler, rest: Sequence[str]) -> None:
    """Link; where a helper of the compiler is missing, with its library, which zig takes a while to make once."""
    command = [*cross.command, *cross.flags, *_LINKED, *rest]
    if cross.name != "zig":
        _tool(folder, [*command, "-lgcc"])
        return
    try:
        _tool(folder, command)
    except ToolError as error:
        if "undefined symbol" not in error.details:
            raise
        _tool(folder, [*command, _HELPERS["zig"]])


def _tool(folder: Path, command: Sequence[str]) -> None:
    name = "zig" if "ziglang" in command else Path(command[0]).name
    run_tool(command, f"{name} on the C runtime", folder=folder)


def _wanted(machine: str, features: Iterable[str]) -> set[str]:
    """Of the features, those that a CPU of that kind may lack, as /proc/cpuinfo calls them."""
    names = {"avx2": "avx2", "avx512": "avx512f", "avx512vnni": "avx512_vnni", "dotprod": "asimddp"}
    return {names[f] for f in features if f in names} if machine in {"x86_64", "aarch64"} else set()


def _flags() -> set[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return set()
    found = (line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features")))
    return set(next(found, []))
