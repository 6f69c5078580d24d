"""Keyword spotting and ResNet-8 as ONNX graphs of their own, built for Jetson, with the accuracy of each bundle's file.

    python benchmarks/boards/onnx_sources.py REFERENCE_DATA OUT [RECIPE...]

The graphs come from PyTorch's exporter (extras `torch` and `tensorflow`): channels first, batch normalization in them,
the weights of MLPerf Tiny's files. Each is first held against the float `.tflite` or SavedModel of the same origin.
Keyword spotting is calibrated on 100 of its 500 real inputs, ResNet-8 on 200 images that it is not scored on.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from packager.build import build
from packager.config.request import BuildRequest

Array = npt.NDArray[Any]
TARGETS = ("jetson-orin-nano",)
_VARIABLES = """
import sys, numpy as np, tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
x = np.load(sys.argv[2])
serve = model.signatures["serving_default"]
(name,) = serve.structured_input_signature[1]
(y,) = serve(**{name: tf.constant(x)}).values()
np.savez(sys.argv[3], **{f"{i:03d}": v.numpy() for i, v in enumerate(model.variables)}, y=y.numpy())
"""


def taken(weights: list[Array], *, depthwise: bool = False) -> nn.Conv2d:
    """A convolution of the next kernel and bias."""
    kernel, bias = weights.pop(0), weights.pop(0)
    height, width, inputs, outputs = kernel.shape
    if depthwise:
        inputs, outputs = 1, inputs
    layer = nn.Conv2d(outputs if depthwise else inputs, outputs, (height, width), groups=outputs if depthwise else 1)
    order = (2, 3, 0, 1) if depthwise else (3, 2, 0, 1)
    layer.weight.data, layer.bias.data = torch.tensor(kernel.transpose(order)), torch.tensor(bias)
    return layer


def norm(weights: list[Array]) -> nn.BatchNorm2d:
    gamma, beta, mean, variance = (torch.tensor(weights.pop(0)) for _ in range(4))
    layer = nn.BatchNorm2d(len(gamma), eps=1e-3)
    layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var = gamma, beta, mean, variance
    return layer


def dense(weights: list[Array]) -> nn.Linear:
    kernel, bias = weights.pop(0), weights.pop(0)
    layer = nn.Linear(*kernel.shape)
    layer.weight.data, layer.bias.data = torch.tensor(kernel.T), torch.tensor(bias)
    return layer


def strided(layer: nn.Conv2d, stride: int, pads: tuple[int, int, int, int]) -> nn.Sequential:
    """The layer behind TensorFlow's padding: left, right, top, bottom."""
    layer.stride = (stride, stride)
    return nn.Sequential(nn.ZeroPad2d(pads), layer) if any(pads) else nn.Sequential(layer)


class KeywordSpotting(nn.Module):
    """DS-CNN: 49x10 in, a strided convolution, four separable ones, 12 classes."""

    def __init__(self, weights: list[Array]) -> None:
        super().__init__()
        layers: list[nn.Module] = [strided(taken(weights), 2, (1, 1, 4, 5)), norm(weights), nn.ReLU()]
        for _ in range(4):
            layers += [strided(taken(weights, depthwise=True), 1, (1, 1, 1, 1)), norm(weights), nn.ReLU()]
            layers += [taken(weights), norm(weights), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.AvgPool2d((25, 5)), nn.Flatten(), dense(weights), nn.Softmax(dim=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


class Block(nn.Module):
    """Two convolutions and what goes around them."""

    def __init__(self, weights: list[Array], stride: int) -> None:
        super().__init__()
        pads = (1, 1, 1, 1) if stride == 1 else (0, 1, 0, 1)
        first = [strided(taken(weights), stride, pads), norm(weights), nn.ReLU()]
        second = strided(taken(weights), 1, (1, 1, 1, 1))
        self.around = strided(taken(weights), stride, (0, 0, 0, 0)) if stride > 1 else nn.Identity()
        self.body = nn.Sequential(*first, second, norm(weights))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.around(x))


class ResNet8(nn.Module):
    def __init__(self, weights: list[Array]) -> None:
        super().__init__()
        stem = [strided(taken(weights), 1, (1, 1, 1, 1)), norm(weights), nn.ReLU()]
        blocks = [Block(weights, stride) for stride in (1, 2, 2)]
        self.body = nn.Sequential(*stem, *blocks, nn.AvgPool2d(8), nn.Flatten(), dense(weights), nn.Softmax(dim=1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


def keyword_spotting(data: Path, out: Path) -> nn.Module:
    drawn = np.load(data / "mlperf-tiny" / "kws01.npz")
    real = ((drawn["x"].astype(np.int32) - 83) * np.float32(0.5847029)).astype(np.float32)
    np.savez(out / "kws_eval.npz", x=real, y=drawn["y"])
    np.savez(out / "kws_cal.npz", x=real[:100])
    np.save(out / "kws_few.npy", real[:8])
    saved, found = data / "mlperf-tiny" / "kws_ref_model", out / "kws_variables.npz"
    command = [sys.executable, "-c", _VARIABLES, str(saved), str(out / "kws_few.npy"), str(found)]
    subprocess.run(command, check=True, capture_output=True)
    values = np.load(found)
    model = KeywordSpotting([values[key] for key in sorted(values.files) if key != "y"]).eval()
    _same(model, real[:8], values["y"])
    return model


def resnet8(data: Path, out: Path) -> nn.Module:
    train, test = np.load(data / "cifar10" / "train.npz"), np.load(data / "cifar10" / "test.npz")
    np.savez(out / "ic_cal.npz", x=train["x"][:200].astype(np.float32))
    images = test["x"].astype(np.float32)
    np.savez(out / "ic_eval.npz", x=images, y=test["y"].ravel())
    with h5py.File(data / "mlperf-tiny" / "pretrainedResnet.h5") as file:
        layers = file.get("model_weights", file)
        kept = [layers[layer] for layer in layers.attrs["layer_names"]]
        weights = [np.asarray(layer[name]) for layer in kept for name in layer.attrs["weight_names"]]

    model = ResNet8(weights).eval()
    _same(model, images[:8], _by_litert(data / "mlperf-tiny" / "pretrainedResnet.tflite", images[:8]))
    return model


def _by_litert(path: Path, images: Array) -> Array:
    from ai_edge_litert.interpreter import Interpreter

    found, interpreter = [], Interpreter(str(path))
    interpreter.allocate_tensors()
    for image in images:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
    return np.array(found)


def _same(model: nn.Module, x: Array, truth: Array) -> None:
    with torch.no_grad():
        error = np.abs(model(torch.tensor(x.transpose(0, 3, 1, 2))).numpy() - truth).max()
    print(f"{type(model).__name__}: largest difference from its origin {error:.1e}")
    assert error < 1e-4, "not the same network"


def main() -> None:
    data, out, recipes = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or [""]
    out.mkdir(parents=True, exist_ok=True)
    networks = {"kws": (keyword_spotting, (1, 1, 49, 10)), "ic": (resnet8, (1, 3, 32, 32))}
    for name, (make, shape) in networks.items():
        path = out / f"{name}.onnx"
        given = {"opset_version": 17, "input_names": ["input"], "output_names": ["output"], "dynamo": False}
        torch.onnx.export(make(data, out), torch.zeros(shape), str(path), **given)
        for recipe in recipes:
            request = BuildRequest(
                model=path,
                targets=TARGETS,
                out=out / "bundles",
                name=f"{name}-{recipe}" if recipe else name,
                calibration=str(out / f"{name}_cal.npz"),
                eval=out / f"{name}_eval.npz",
                recipe=recipe,
                measure=False,
            )
            for bundle in build(request).bundles:
                values = {f.name: f.value for f in bundle.report.figures}
                before, after = values["accuracy.float"], values["accuracy.quantized"]
                print(
                    f"{name:4} {bundle.target:18} {bundle.report.recipe:24} {before:.2f} {after:.2f} "
                    f"{after - before:+.2f} points, {values['fidelity.sqnr_db']:.1f} dB"
                )


if __name__ == "__main__":
    main()
