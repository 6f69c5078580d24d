"""A Jetson bundle's int8 file on real inputs: within half a point of the float model, on the CPU and where a GPU is."""

import json
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


OPTIONS = {"TensorrtExecutionProvider": {"trt_int8_enable": True, "trt_fp16_enable": True}}
"""As `trtexec --int8 --fp16`: without the first, TensorRT takes no Q/DQ."""
_WORK = ("Conv", "Gemm", "MatMul", "TRTKernel")
"""In the names of the operators that count, and of what TensorRT makes of a whole graph."""


def session(path: Path, provider: str, *, half: bool = False) -> ort.InferenceSession:
    """A session that keeps a profile beside the file; float files run in float32 unless `half`."""
    if provider not in ort.get_available_providers():
        pytest.skip(f"onnxruntime has no {provider} here: it takes a GPU and onnxruntime-gpu")
    options = session_options()
    options.enable_profiling = True
    options.profile_file_prefix = str(path.with_suffix(""))
    asked = (provider, OPTIONS.get(provider, {}) if half else {})
    found = ort.InferenceSession(str(path), options, providers=[asked])
    if found.get_providers()[0] != provider:
        pytest.skip(f"{provider} did not start: no GPU, or no CUDA or TensorRT of onnxruntime's version")
    return found


def labelled(path: Path) -> tuple[Any, Any]:
    with np.load(path) as data:
        return data["x"].astype(np.float32), data["y"].ravel()


def workers(run: ort.InferenceSession) -> set[str]:
    """The providers that ran convolutions and matrix products: what one does not take goes to the CPU unasked."""
    events = json.loads(Path(run.end_profiling()).read_text("utf-8"))
    told = [event["args"] for event in events if event.get("cat") == "Node" and "provider" in event.get("args", {})]
    return {args["provider"] for args in told if any(word in args["op_name"] for word in _WORK)}


def accuracy(path: Path, provider: str, x: Any, y: Any, *, half: bool = False) -> float:
    """Percent of the labels that the file gives first, one input after another."""
    run = session(path, provider, half=half)
    (port,) = run.get_inputs()
    found = [run.run(None, {port.name: x[i : i + 1]})[0].argmax() for i in range(len(x))]
    assert workers(run) == {provider}
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
    before, after = accuracy(digits[0], provider, x, y), accuracy(digits[1], provider, x, y, half=True)
    assert before > 90
    assert after >= before - POINTS


@pytest.mark.filterwarnings("ignore:Specified provider")
@pytest.mark.parametrize("provider", ["CUDAExecutionProvider", "TensorrtExecutionProvider"])
@pytest.mark.parametrize("listed", [False, True], ids=["not installed", "listed and not to be started"])
def test_a_provider_that_is_not_here_is_skipped_by_its_name(
    digits: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
    listed: bool,  # noqa: FBT001 - a case's name
) -> None:
    if provider in ort.get_available_providers():
        pytest.skip(f"{provider} is here")
    if listed:
        monkeypatch.setattr(ort, "get_available_providers", lambda: [provider, "CPUExecutionProvider"])
    with pytest.raises(pytest.skip.Exception, match=provider):
        session(digits[1], provider, half=True)


@pytest.mark.slow
@pytest.mark.parametrize("provider", PROVIDERS)
def test_resnet8_on_cifar_10_stays_within_half_a_point(tmp_path: Path, provider: str) -> None:
    model = reference("mlperf-tiny/pretrainedResnet.tflite")
    x, y = labelled(reference("cifar10/test.npz"))
    np.savez(tmp_path / "x.npz", x=labelled(reference("cifar10/train.npz"))[0][:100])
    before, after = (
        accuracy(built(tmp_path / recipe, model, tmp_path / "x.npz", recipe), provider, x, y, half=half)
        for recipe, half in (("float32", False), ("int8-symmetric-entropy", True))
    )
    assert before > 70
    assert after >= before - POINTS
