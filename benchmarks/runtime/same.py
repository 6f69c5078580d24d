"""The C runtime's compiled programs against LiteRT, output by output, in both arithmetics; and what they take.

    python benchmarks/runtime/same.py DATA [--few 20]

DATA holds `mlperf-tiny/` and `cifar10/`. For this computer all 500 keyword-spotting inputs and the 2,000 CIFAR-10 test
images are run; for the other CPUs, under qemu-user, some inputs of each of the five MLPerf Tiny models. A table.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from packager.config.profile import Cpu, load_profile
from packager.config.samples import Samples
from packager.emit.c import emit_c
from packager.interp.litert import run_litert
from packager.ir import Model, read_tflite
from packager.measure.c import run_program, selftest
from packager.measure.prebuilt import RUNNER, SELFTEST, emulator_for, prebuild
from packager.ops import Array

MODELS = {
    "keyword spotting": "kws_ref_model.tflite",
    "image classification": "pretrainedResnet_quant.tflite",
    "visual wake words": "vww_96_int8.tflite",
    "anomaly detection": "ad01_int8.tflite",
    "streaming wake word": "str_ww_ref_model.tflite",
}
CPUS = (
    *("raspberrypi-3b-plus", "raspberrypi-4", "raspberrypi-5"),
    *("raspberrypi-3-32bit", "raspberrypi-zero", "riscv64"),
)
RESOLVERS = {"xnnpack": "default", "integer": "reference"}


def inputs_of(data: Path, name: str, model: Model, few: int | None) -> Array:
    """Real inputs where there are some, else drawn ones, in the model's own type."""
    (type_,) = model.input_types()
    if name == "keyword spotting":
        found = np.load(data / "mlperf-tiny/kws01.npz")["x"]
    elif name == "image classification":
        found = (np.load(data / "cifar10/test.npz")["x"].astype(np.int16) - 128).astype(np.int8)
    else:
        found = np.random.default_rng(0).integers(-128, 128, (few or 100, *type_.dims[1:])).astype(np.int8)
    return found[:few].reshape(-1, *type_.dims[1:])


def program(folder: Path, model: Model, arithmetic: str, cpu: Cpu, inputs: Array) -> Path | None:
    """The folder of the programs for a CPU, their self-test passed."""
    golden = Samples(arrays={model.input_names()[0]: inputs[:8]})
    for entry in emit_c(model, arithmetic, golden, name="same"):
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.content)
    made = prebuild(folder / "runtime/c", cpu)
    if made is None:
        return None
    for name, content in made.files.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o755)
    return folder


def row(data: Path, name: str, target: str, arithmetic: str, few: int | None) -> str:
    model, cpu = read_tflite(data / "mlperf-tiny" / MODELS[name]), load_profile(target).cpu
    assert cpu is not None
    inputs = inputs_of(data, name, model, few)
    runs = emulator_for(cpu.machine, cpu.features)
    with tempfile.TemporaryDirectory() as made:
        folder = program(Path(made), model, arithmetic, cpu, inputs)
        if folder is None or runs is None:
            return f"| {name} | {target} | {arithmetic} | no compiler or no emulator | | | |"
        failed = selftest(folder / SELFTEST, emulator=runs)
        (found,) = run_program(folder / RUNNER, model, [inputs], emulator=runs)
        size = (folder / RUNNER).stat().st_size
    (wanted,) = run_litert((data / "mlperf-tiny" / MODELS[name]).read_bytes(), [inputs], resolver=RESOLVERS[arithmetic])
    distance = np.abs(found.astype(int) - wanted.reshape(found.shape))
    most = f", by {distance.max()}" if distance.any() else ""
    differ = f"{np.count_nonzero(distance):,} of {distance.size:,}{most}"
    return f"| {name} | {target} | {arithmetic} | {len(inputs):,} | {differ} | {failed or 'passed'} | {size:,} |"


def cases(few: int, targets: Sequence[str]) -> Iterator[tuple[str, str, int | None]]:
    for name in list(MODELS)[:2]:
        yield name, "host", None
    for name in MODELS:
        for target in targets:
            yield name, target, few


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--few", type=int, default=20)
    parser.add_argument("--targets", nargs="*", default=CPUS)
    asked = parser.parse_args()
    print("| model | target | arithmetic | inputs | outputs that differ from LiteRT | self-test | runner, bytes |")
    print("|---|---|---|--:|---|---|--:|")
    for name, target, few in cases(asked.few, asked.targets):
        for arithmetic in RESOLVERS:
            print(row(asked.data, name, target, arithmetic, few), flush=True)


if __name__ == "__main__":
    main()
