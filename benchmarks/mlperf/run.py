"""The four bundles of each of the five MLPerf Tiny models, with the accuracy of each artifact by its own engine.

    python benchmarks/mlperf/run.py REFERENCE_DATA OUT

builds from the float originals where there are some: keyword spotting from its SavedModel, wake word from its `.h5`
(both need the extra `tensorflow`), the others from float `.tflite`. Real inputs: keyword spotting (500, calibrated on
the first 100 of them), CIFAR-10 for image classification (calibrated on training images), the wake word's own
calibration set. Visual wake words and anomaly detection have none here: random inputs, hence no accuracy.
"""

import sys
from pathlib import Path

import numpy as np

from packager.build import build
from packager.config.request import BuildRequest
from packager.errors import EdgePackError
from packager.report.text import show_figure

TARGETS = ("raspberrypi", "coral", "jetson", "fpga")
SHOWN = ("deploy.bytes", "ram.arena.bytes", "accuracy.float", "accuracy.quantized", "fidelity.argmax_agreement",
         "fidelity.sqnr_db", "edgetpu.ops_mapped", "fpga.dsp", "throughput.per_second")  # fmt: skip


def inputs(data: Path, out: Path) -> dict[str, tuple[Path, str, Path | None]]:
    """Name to model, calibration and evaluation file."""
    tiny = data / "mlperf-tiny"
    kws = np.load(tiny / "kws01.npz")
    real = ((kws["x"].astype(np.int32) - 83) * np.float32(0.5847029)).astype(np.float32)
    np.savez(out / "kws_eval.npz", x=real, y=kws["y"])
    np.savez(out / "kws_cal.npz", x=real[:100])
    train, test = np.load(data / "cifar10" / "train.npz"), np.load(data / "cifar10" / "test.npz")
    np.savez(out / "ic_cal.npz", x=train["x"][:200])
    np.savez(out / "ic_eval.npz", x=test["x"][:500], y=test["y"][:500].ravel())
    words = np.load(tiny / "str_ww_calibration_samples.npz")
    specs = words["specs"].astype(np.float32)
    np.savez(out / "sww_cal.npz", x=specs.reshape(len(specs), *specs.shape[-3:]))
    return {
        "kws": (tiny / "kws_ref_model", str(out / "kws_cal.npz"), out / "kws_eval.npz"),
        "ic": (tiny / "pretrainedResnet.tflite", str(out / "ic_cal.npz"), out / "ic_eval.npz"),
        "vww": (tiny / "vww_96_float.tflite", "random", None),
        "ad": (tiny / "ad01_fp32.tflite", "random", None),
        "sww": (tiny / "str_ww_ref_model.h5", str(out / "sww_cal.npz"), None),
    }


def main() -> None:
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    for name, (model, calibration, evaluation) in inputs(data, out).items():
        for target in TARGETS:
            request = BuildRequest(
                model=model,
                targets=(target,),
                out=out,
                name=name,
                calibration=calibration,
                eval=evaluation,
                measure=False,
            )
            try:
                (bundle,) = build(request).bundles
            except EdgePackError as error:
                print(f"{name:4} {target:12} refused, exit code {error.exit_code}: {error}; {error.hint}")
                continue
            figures = [f"{f.name} {show_figure(f)}" for key in SHOWN for f in bundle.report.named(key)]
            print(f"{name:4} {target:12} {' · '.join(figures)}", flush=True)


if __name__ == "__main__":
    main()
