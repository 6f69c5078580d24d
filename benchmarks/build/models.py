"""Float models of a wanted size, for timing builds: a stack of pointwise convolutions that holds the bytes."""

from pathlib import Path

import numpy as np

from packager.ir import GraphBuilder, Padding, write_tflite


def write_model(path: Path, megabytes: float) -> int:
    """Write a float model of about `megabytes` (1e6 bytes) and return its size.

    Bytes grow with the width of 1x1 convolutions on a 4x4 map, so that MACs grow with them and no layer dominates.
    """
    rng = np.random.default_rng(0)
    layers = 8
    width = max(8, int((megabytes * 1e6 / 4 / layers) ** 0.5) // 8 * 8)
    builder = GraphBuilder()
    x = builder.input("input", (1, 4, 4, 8))
    channels = 8
    for i in range(layers + 1):
        scale = np.float32(1 / np.sqrt(channels))
        weights = builder.const(rng.standard_normal((width, 1, 1, channels), np.float32) * scale, f"weights_{i}")
        bias = builder.const(np.zeros(width, np.float32), f"bias_{i}")
        x = builder.op(
            "CONV_2D", [x, weights, bias], (1, 4, 4, width), options="Conv2DOptions", name=f"conv_{i}",
            padding=Padding.SAME, stride_h=1, stride_w=1, dilation_h_factor=1, dilation_w_factor=1,
            fused_activation_function=1,
        )  # fmt: skip
        channels = width
    out = builder.op("AVERAGE_POOL_2D", [x], (1, 1, 1, width), options="Pool2DOptions", name="pool", padding=1,
                     stride_h=1, stride_w=1, filter_width=4, filter_height=4)  # fmt: skip
    blob = write_tflite(builder.model([out], name=path.stem))
    path.write_bytes(blob)
    return len(blob)
