"""Counts the networks of the published latencies by operator class, and writes `models.json` beside itself.

    python benchmarks/estimates/models.py        (needs the extra `tensorflow`)

A network is a Keras application or one of the few written down here from its paper. Batch normalisation and activations
are taken as folded. Bytes are those of int8 activations and weights; `params_padded` follows the Edge TPU's padding.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import layers as L  # noqa: N812 - as every Keras program names it

OUT = Path(__file__).with_name("models.json")
Features = dict[str, float]


def count(model: keras.Model) -> Features:
    """Return operators, work by kind (MACs, or elements), bytes moved, padded parameters and bytes of output."""
    kinds = ("conv", "pointwise", "depthwise", "dense", "elementwise")
    total: Features = dict.fromkeys((*kinds, "ops", "moved", "params_padded", "output"), 0.0)
    for layer in model.layers:
        known = _operator(layer)
        if known is None:
            continue
        kind, macs, params, padded = known
        if kind in kinds:
            total[kind] += macs
        if kind == "move":
            total["elementwise"] += _elements(layer.output)
        total["ops"] += 1
        total["moved"] += _elements(layer.output) + sum(map(_elements, _list(layer.input))) + params
        total["params_padded"] += padded
    total["output"] = sum(map(_elements, model.outputs))
    return total


def _operator(layer: Any) -> tuple[str, float, float, float] | None:
    """Kind, MACs, parameters, padded parameters; None for what folds into its neighbour."""
    if isinstance(layer, L.SeparableConv2D):
        raise TypeError("write it as a depthwise and a pointwise convolution")
    if isinstance(layer, L.DepthwiseConv2D):
        height, width, channels, _ = layer.kernel.shape
        taps = height * width * channels
        return "depthwise", _positions(layer) * taps, taps, 36 * math.ceil(channels / 16) * 16
    if isinstance(layer, L.Conv2D):
        height, width, depth, outputs = layer.kernel.shape
        taps = height * width * depth * outputs
        padded = (height * width * depth + 8) * math.ceil(outputs / 64) * 64
        return "pointwise" if height == width == 1 else "conv", _positions(layer) * taps, taps, padded
    if isinstance(layer, L.Dense):
        inputs, outputs = layer.kernel.shape
        return "dense", inputs * outputs, inputs * outputs, (inputs + 4) * math.ceil(outputs / 64) * 64
    moves = (L.Add, L.Concatenate, L.MaxPooling2D, L.AveragePooling2D, L.GlobalAveragePooling2D, L.Multiply)
    return ("move", 0, 0, 0) if isinstance(layer, moves) else None


def _positions(layer: Any) -> int:
    return math.prod(layer.output.shape[1:3])


def _elements(tensor: Any) -> int:
    return math.prod(tensor.shape[1:])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def resnet(blocks: tuple[int, ...], size: int, *, bottleneck: bool = False, wide: int = 1) -> keras.Model:
    """He et al. 2015, with basic or bottleneck blocks; `wide` widens the 3x3 as in Zagoruyko and Komodakis 2016."""
    x = image = keras.Input((size, size, 3))
    x = L.MaxPooling2D(3, 2, "same")(L.Conv2D(64, 7, 2, "same")(x))
    for stage, repeats in enumerate(blocks):
        width = 64 * 2**stage
        for block in range(repeats):
            stride = 2 if stage and not block else 1
            out = width * 4 if bottleneck else width
            skip = L.Conv2D(out, 1, stride)(x) if stride > 1 or x.shape[-1] != out else x
            if bottleneck:
                x = L.Conv2D(out, 1)(L.Conv2D(width * wide, 3, stride, "same")(L.Conv2D(width * wide, 1)(x)))
            else:
                x = L.Conv2D(width, 3, 1, "same")(L.Conv2D(width, 3, stride, "same")(x))
            x = L.Add()([x, skip])
    return keras.Model(image, L.Dense(1000)(L.GlobalAveragePooling2D()(x)))


def squeezenet(version: str) -> keras.Model:
    """Iandola et al. 2016, and the cheaper version 1.1 of the authors' repository."""
    x = image = keras.Input((224, 224, 3))
    first, kernel, pools = (96, 7, (3, 7)) if version == "1.0" else (64, 3, (2, 4))
    x = L.MaxPooling2D(3, 2)(L.Conv2D(first, kernel, 2)(x))
    for i, squeeze in enumerate((16, 16, 32, 32, 48, 48, 64, 64)):
        x = L.Conv2D(squeeze, 1)(x)
        x = L.Concatenate()([L.Conv2D(4 * squeeze, 1)(x), L.Conv2D(4 * squeeze, 3, padding="same")(x)])
        if i + 1 in pools or i + 1 == {"1.0": 3, "1.1": 2}[version]:
            x = L.MaxPooling2D(3, 2)(x)
    return keras.Model(image, L.GlobalAveragePooling2D()(L.Conv2D(1000, 1)(x)))


INCEPTION_V1 = (
    (64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128),
    (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128),
)  # fmt: skip


def inception_v1() -> keras.Model:
    """Szegedy et al. 2014, table 1; the 5x5 branch as 3x3, as the released models have it."""
    x = image = keras.Input((224, 224, 3))
    x = L.MaxPooling2D(3, 2, "same")(L.Conv2D(64, 7, 2, "same")(x))
    x = L.MaxPooling2D(3, 2, "same")(L.Conv2D(192, 3, 1, "same")(L.Conv2D(64, 1)(x)))
    for i, (a, b1, b3, c1, c3, pool) in enumerate(INCEPTION_V1):
        pooled = L.Conv2D(pool, 1)(L.MaxPooling2D(3, 1, "same")(x))
        wide = L.Conv2D(b3, 3, 1, "same")(L.Conv2D(b1, 1)(x))
        wider = L.Conv2D(c3, 3, 1, "same")(L.Conv2D(c1, 1)(x))
        x = L.Concatenate()([L.Conv2D(a, 1)(x), wide, wider, pooled])
        x = L.MaxPooling2D(3, 2, "same")(x) if i in (1, 6) else x
    return keras.Model(image, L.Dense(1001)(L.GlobalAveragePooling2D()(x)))


def stack(depth: int, width: int, kernel: int, size: int) -> keras.Model:
    x = image = keras.Input((size, size, 3))
    for _ in range(depth):
        x = L.Conv2D(width, kernel, padding="same")(x)
    return keras.Model(image, x)


def mlp(inputs: int, *widths: int) -> keras.Model:
    x = vector = keras.Input((inputs,))
    for width in widths:
        x = L.Dense(width)(x)
    return keras.Model(vector, x)


def application(name: str, size: int = 224) -> keras.Model:
    return getattr(keras.applications, name)(weights=None, input_shape=(size, size, 3))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "mobilenet_v1": lambda: application("MobileNet"),
    "mobilenet_v2": lambda: application("MobileNetV2"),
    "inception_v1": inception_v1,
    "inception_v3": lambda: application("InceptionV3", 299),
    "resnet18": lambda: resnet((2, 2, 2, 2), 224),
    "resnet18_256": lambda: resnet((2, 2, 2, 2), 256),
    "resnet34": lambda: resnet((3, 4, 6, 3), 224),
    "resnet50": lambda: application("ResNet50"),
    "resnet50_v2_299": lambda: application("ResNet50V2", 299),
    "resnet152_v2_299": lambda: application("ResNet152V2", 299),
    "wide_resnet50": lambda: resnet((3, 4, 6, 3), 224, bottleneck=True, wide=2),
    "densenet121": lambda: application("DenseNet121"),
    "densenet169": lambda: application("DenseNet169"),
    "densenet201": lambda: application("DenseNet201"),
    "squeezenet1_0": lambda: squeezenet("1.0"),
    "squeezenet1_1": lambda: squeezenet("1.1"),
    "vgg16": lambda: application("VGG16"),
    "vgg19": lambda: application("VGG19"),
    **{f"conv3_{w}": (lambda w=w: stack(5, w, 3, 64)) for w in (32, 232, 272, 312, 352, 392)},
    **{f"mlp_{w}": (lambda w=w: mlp(64, w, w, w, w, 10)) for w in (100, 260, 420, 740, 900, 1220, 1380)},
}


def main() -> None:
    found = {}
    for name, make in MODELS.items():
        found[name] = {key: int(value) for key, value in count(make()).items()}
        keras.backend.clear_session()
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
