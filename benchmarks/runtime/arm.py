"""Instructions of one inference on 64-bit ARM, generated C against LiteRT, both emulated by qemu-user.

    python benchmarks/runtime/arm.py --data FOLDER [--litert FOLDER] [--arithmetic integer] [--core Cortex-A76]

`--data` holds the five int8 models of MLPerf Tiny. `--litert` is the unpacked aarch64 wheel of `ai-edge-litert`
(`pip download --no-deps --only-binary=:all: --platform manylinux_2_27_aarch64 ai-edge-litert`, then unzip); without
it only our counts are printed. Needed: zig or `aarch64-linux-gnu-gcc`, gcc, and a `qemu-aarch64` that takes plugins
(Debian's `qemu-user`, not its static one).

Counts are of user-mode instructions, and are no times. What is counted of us is the runner that a bundle holds, which
reads its input from a file: the count with one input is taken off the count with five. Of LiteRT it is its default, the
XNNPACK delegate, of one thread, which picks kernels by the CPU's part number and capabilities: qemu runs as a CPU that
has everything, and LiteRT is told of those that the CPU at hand has.
"""

import argparse
import math
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packager.config.profile import Cpu
from packager.config.samples import Samples
from packager.emit.c import emit_c
from packager.ir import Model, read_tflite
from packager.measure.prebuilt import prebuild
from packager.ops import Array

MODELS = {
    "keyword spotting": "kws_ref_model",
    "image classification": "pretrainedResnet_quant",
    "visual wake words": "vww_96_int8",
    "anomaly detection": "ad01_int8",
    "streaming wake word": "str_ww_ref_model",
}
CPUS = {
    "Cortex-A53": (0xD03, 0x1FF, ()),
    "Cortex-A72": (0xD08, 0x1FF, ()),
    "Cortex-A76": (0xD0B, 0x119FFF, ("dotprod",)),
}
"""Part number, the kernel's AT_HWCAP, features of a profile. LiteRT 2.3.0 insists on atomics, which the A53 has not."""
RUNS = 4
HERE = Path(__file__).parent
COUNT = HERE.parents[1] / "templates/qemu/count.c"


def counted(qemu: str, plugin: Path, command: Sequence[str], cpu: str = "max") -> int:
    """User-mode instructions of a program."""
    emulator = [qemu, "-cpu", cpu, "-plugin", str(plugin)]
    done = subprocess.run([*emulator, *command], capture_output=True, check=False)
    said = done.stderr.decode(errors="replace")
    found = re.search(r"instructions: (\d+)", said)
    if done.returncode or not found:
        raise SystemExit(f"{' '.join(command)} failed: {said[-2000:]}")
    return int(found[1])


def inputs_of(model: Model) -> list[Array]:
    rng = np.random.default_rng(0)
    return [rng.integers(-128, 128, (1 + RUNS, *t.dims[1:])).astype(np.int8) for t in model.input_types()]


class Ours:
    """The runner that a bundle for a CPU holds."""

    def __init__(self, path: Path, core: str, arithmetic: str, folder: Path) -> None:
        model = read_tflite(path)
        inputs = inputs_of(model)
        source = folder / f"{path.stem}-{core}"
        for entry in emit_c(model, arithmetic, Samples(arrays={}), name=path.stem, root="."):
            target = source / entry.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(entry.content)
        cpu = Cpu(core=core, cores=1, clock_ghz=1.0, machine="aarch64", features=CPUS[core][2])
        built = prebuild(source, cpu)
        if built is None:
            raise SystemExit(f"no compiler for {core} is here")
        self.how = f"{built.compiler} {built.version}, {built.how}"
        self.program = source / "model"
        self.program.write_bytes(built.files["model"])
        self.program.chmod(0o755)
        self.files = [source / "one.bin", source / "more.bin"]
        for file, count in zip(self.files, (1, 1 + RUNS), strict=True):
            file.write_bytes(b"".join(x[i].tobytes() for i in range(count) for x in inputs))

    def instructions(self, qemu: str, plugin: Path) -> float:
        one, more = (counted(qemu, plugin, [str(self.program), str(file)]) for file in self.files)
        return (more - one) / RUNS


class LiteRT:
    """A program that runs a model by LiteRT's C library as often as it is told."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        library = next(wheel.rglob("libLiteRt.so"))
        self.program = folder / "litert"
        command = ["aarch64-linux-gnu-gcc", "-O1", "-rdynamic", str(HERE / "litert.c"), str(library)]
        run = [*command, "-Wl,--allow-shlib-undefined", "-o", str(self.program)]
        subprocess.run(run, check=True)
        self.paths = f"{library.parent}:/usr/aarch64-linux-gnu/lib"
        self.folder = folder

    def instructions(self, qemu: str, plugin: Path, path: Path, core: str) -> float:
        part, capabilities, _ = CPUS[core]
        root = self.folder / core
        (root / "proc").mkdir(parents=True, exist_ok=True)
        if not (root / "lib").exists():
            (root / "lib").symlink_to("/usr/aarch64-linux-gnu/lib")
        facts = {"processor": 0, "Features": "fp asimd", "CPU implementer": "0x41", "CPU architecture": 8}
        facts |= {"CPU variant": "0x0", "CPU part": f"{part:#x}", "CPU revision": 3}
        text = "".join(f"{name}\t: {value}\n" for name, value in facts.items())
        (root / "proc/cpuinfo").write_text(f"{text}\n", encoding="utf-8")
        command = ["-L", str(root), "-E", f"LD_LIBRARY_PATH={self.paths}", str(self.program), str(path)]
        one, more = (counted(qemu, plugin, [*command, str(n), str(capabilities)]) for n in (1, 1 + RUNS))
        return (more - one) / RUNS


def row(name: str, core: str, ours: Ours, mine: float, yours: float | None) -> str:
    size = ours.program.stat().st_size
    peer = f"{yours:,.0f} | {mine / yours:.2f}" if yours else "| "
    return f"| {name} | {core} | {mine:,.0f} | {peer} | {size:,} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--litert", type=Path)
    parser.add_argument("--arithmetic", default="xnnpack", choices=("integer", "xnnpack"))
    parser.add_argument("--core", action="append", choices=sorted(CPUS))
    asked = parser.parse_args()
    qemu = shutil.which("qemu-aarch64") or ""
    with tempfile.TemporaryDirectory(prefix="edgepack-arm-") as name:
        folder = Path(name)
        plugin = folder / "count.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", str(COUNT), "-o", str(plugin)], check=True)
        peer = LiteRT(asked.litert, folder) if asked.litert else None
        print("| model | CPU | instructions | LiteRT | ratio | runner, bytes |\n|---|---|--:|--:|--:|--:|")
        for core in asked.core or CPUS:
            ratios = []
            for model, stem in MODELS.items():
                path = asked.data / f"{stem}.tflite"
                ours = Ours(path, core, asked.arithmetic, folder)
                mine = ours.instructions(qemu, plugin)
                yours = peer.instructions(qemu, plugin, path, core) if peer else None
                ratios += [mine / yours] if yours else []
                print(row(model, core, ours, mine, yours), flush=True)
            if ratios:
                print(f"| geometric mean | {core} | | | {math.prod(ratios) ** (1 / len(ratios)):.2f} | |")
            print(f"| compiler | {core} | {ours.how} | | | |", flush=True)


if __name__ == "__main__":
    main()
