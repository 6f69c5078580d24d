"""Build time and memory, as ratios within one run.

    python benchmarks/build/run.py MODEL.tflite CALIBRATION.npz

prints (a) `edgepack --help` against a bare interpreter that imports numpy, (b) the build of MODEL for all four families
against the same, with the peak memory of the process tree's largest member, (c) builds of synthetic models from 0.1 to
100 MB: seconds and peak memory against model size. Medians of three.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from models import write_model  # type: ignore[import-not-found]  # a script's neighbour

TARGETS = ("raspberrypi", "coral", "jetson", "fpga")
SIZES_MB = (0.1, 1.0, 10.0, 100.0)
_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
took = time.perf_counter() - start
print(took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, code.returncode)
sys.stderr.buffer.write(code.stderr)
"""


def timed(*command: str) -> tuple[float, float]:
    """Seconds and MB (1e6 bytes) of the largest process of a command, from a fresh parent so that nothing adds up."""
    done = subprocess.run([sys.executable, "-c", _MEASURE, *command], capture_output=True, check=True, encoding="utf-8")
    seconds, kib, code = done.stdout.split()
    if int(code):
        sys.exit(f"{' '.join(command)}: exit code {code}\n{done.stderr}")
    return float(seconds), float(kib) * 1024 / 1e6


def median(*command: str, runs: int = 3) -> tuple[float, float]:
    results = [timed(*command) for _ in range(runs)]
    return statistics.median(r[0] for r in results), max(r[1] for r in results)


def build(model: Path, calibration: Path, out: Path, targets: tuple[str, ...]) -> tuple[float, float]:
    flags = [word for target in targets for word in ("--target", target)]
    command = [sys.executable, "-m", "packager", "build", str(model), *flags, "--calibration", str(calibration)]
    return median(*command, "--no-measure", "-o", str(out))


def main() -> None:
    model, calibration = Path(sys.argv[1]), Path(sys.argv[2])
    base, _ = median(sys.executable, "-c", "import numpy", runs=5)
    print(f"import numpy                 {base:7.2f} s  ratio 1.0")
    seconds, _ = median(sys.executable, "-m", "packager", "--help", runs=5)
    print(f"--help                       {seconds:7.2f} s  ratio {seconds / base:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        seconds, mb = build(model, calibration, Path(folder, "four"), TARGETS)
        print(f"{model.name}, four targets {seconds:7.2f} s  ratio {seconds / base:.1f}  peak {mb:.0f} MB")
        for size in SIZES_MB:
            synthetic, inputs = Path(folder, f"synthetic_{size}.tflite"), Path(folder, "inputs.npz")
            actual = write_model(synthetic, size) / 1e6
            np.savez(inputs, x=np.random.default_rng(0).standard_normal((8, 4, 4, 8)).astype(np.float32))
            seconds, mb = build(synthetic, inputs, Path(folder, "one"), ("raspberrypi",))
            limit = 4 * actual + 200
            print(f"synthetic {actual:7.1f} MB       {seconds:7.2f} s  {seconds / actual:7.3f} s/MB  "
                  f"peak {mb:.0f} MB, {mb / limit:.2f} of 4 x model + 200 MB")  # fmt: skip
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"(this script itself: {own / 1024:.0f} MiB)")


if __name__ == "__main__":
    main()
