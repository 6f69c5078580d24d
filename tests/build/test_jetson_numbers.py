"""A Jetson bundle's int8 file on real inputs: within half a point of the float model, on the CPU and where a GPU is."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import pytest
from reference import reference

from packager.build import build
from packager.config.request import BuildRequest
from packager.util.ort import session_options

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
POINTS = 0.5
_GPU = [
    pytest.param(provider, marks=pytest.mark.gpu, id=provider.removesuffix("ExecutionProvider"))
    for provider in ("CUDAExecutionProvider", "TensorrtExecutionProvider")
]
PROVIDERS = [pytest.param("CPUExecutionProvider", id="CPU"), *_GPU]


def session(path: Path, provider: str) -> ort.InferenceSession:
    if provider not in ort.get_available_providers():
        pytest.skip(f"onnxruntime has no {provider} here: it takes a GPU and onnxruntime-gpu")
    found = ort.InferenceSession(str(path), session_options(), providers=[provider])
    if found.get_providers()[0] != provider:
        pytest.skip(f"{provider} did not start: no GPU, or no CUDA or TensorRT of onnxruntime's version")
    return found


def labelled(path: Path) -> tuple[Any, Any]:
    with np.load(path) as data:
        return data["x"].astype(np.float32), data["y"].ravel()


def accuracy(path: Path, provider: str, x: Any, y: Any) -> float:
    """Percent of the labels that the file gives first, one input after another."""
    run = session(path, provider)
    (port,) = run.get_inputs()
    found = [run.run(None, {port.name: x[i : i + 1]})[0].argmax() for i in range(len(x))]
    return float(np.mean(np.array(found) == y) * 100)


def built(out: Path, model: Path, calibration: Path, recipe: str) -> Path:
    request = BuildRequest(
        model=model, targets=("jetson-orin-nano",), out=out, calibration=str(calibration), recipe=recipe, measure=False
    )
    return build(request).bundles[0].path / "model" / "model.onnx"


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The float file and the int8 file."""
    paths = [
        built(tmp_path_factory.mktemp(recipe), DIGITS / "digits.tflite", DIGITS / "calibration.npz", recipe)
        for recipe in ("float32", "int8-symmetric-entropy")
    ]
    return paths[0], paths[1]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_shipped_example_stays_within_half_a_point(digits: tuple[Path, Path], provider: str) -> None:
    x, y = labelled(DIGITS / "evaluation.npz")
    before, after = (accuracy(path, provider, x, y) for path in digits)
    assert before > 90
    assert after >= before - POINTS


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS)
def test_resnet8_on_cifar_10_stays_within_half_a_point(tmp_path: Path, provider: str) -> None:
    model = reference("mlperf-tiny/pretrainedResnet.tflite")
    x, y = labelled(reference("cifar10/test.npz"))
    np.savez(tmp_path / "x.npz", x=labelled(reference("cifar10/train.npz"))[0][:100])
    recipes = ("float32", "int8-symmetric-entropy")
    before, after = (
        accuracy(built(tmp_path / recipe, model, tmp_path / "x.npz", recipe), provider, x, y) for recipe in recipes
    )
    assert before > 70
    assert after >= before - POINTS
