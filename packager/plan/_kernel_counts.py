"""Counts by `benchmarks/runtime/widths.py` under qemu-user 7.2; behind each the worst relative error of its fit."""

from collections.abc import Mapping
from typing import NamedTuple


class Work(NamedTuple):
    """What an operator of one kind takes."""

    mac: float
    """Instructions for a multiply-accumulate."""
    run: float
    """For each tap of a window at each value of a convolution's result: a run over the input channels."""
    value: float
    """For each value of the result; of operators that multiply nothing, for each that is read too."""
    start: float
    """For the operator itself."""


WORK: Mapping[str, Mapping[tuple[str, int], Work]] = {
    "avx2": {
        ("ADD", 8): Work(0, 0, 0.789, 0),  # 90%
        ("ADD", 16): Work(0, 0, 2.62, 285),  # 0%
        ("AVERAGE_POOL_2D", 8): Work(0, 0, 0.154, 292),  # 63%
        ("AVERAGE_POOL_2D", 16): Work(0, 0, 0.303, 302),  # 46%
        ("CONCATENATION", 8): Work(0, 0, 1.18, 0),  # 23%
        ("CONCATENATION", 16): Work(0, 0, 0.888, 1_450),  # 0%
        ("LEAKY_RELU", 8): Work(0, 0, 1.87, 44),  # 0%
        ("LEAKY_RELU", 16): Work(0, 0, 2.24, 302),  # 0%
        ("LOGISTIC", 8): Work(0, 0, 1.88, 34.4),  # 0%
        ("LOGISTIC", 16): Work(0, 0, 13.5, 36),  # 0%
        ("MAX_POOL_2D", 8): Work(0, 0, 0.101, 0),  # 16%
        ("MAX_POOL_2D", 16): Work(0, 0, 0.11, 0),  # 9%
        ("MEAN", 8): Work(0, 0, 0.435, 0),  # 8%
        ("MEAN", 16): Work(0, 0, 0.445, 0),  # 7%
        ("MUL", 8): Work(0, 0, 0.562, 44),  # 0%
        ("MUL", 16): Work(0, 0, 0.875, 41),  # 0%
        ("PAD", 8): Work(0, 0, 2.4, 878),  # 0%
        ("PAD", 16): Work(0, 0, 4.79, 1_470),  # 0%
        ("QUANTIZE", 8): Work(0, 0, 1.87, 36),  # 0%
        ("QUANTIZE", 16): Work(0, 0, 1.82, 67.3),  # 22%
        ("RELU", 8): Work(0, 0, 1.87, 44),  # 0%
        ("RELU", 16): Work(0, 0, 2.24, 302),  # 0%
        ("RESHAPE", 8): Work(0, 0, 0, 32),  # 0%
        ("RESHAPE", 16): Work(0, 0, 0, 35),  # 0%
        ("SOFTMAX", 8): Work(0, 0, 14.3, 18.8),  # 10%
        ("SOFTMAX", 16): Work(0, 0, 16.3, 132),  # 7%
        ("SUB", 8): Work(0, 0, 0.656, 266),  # 0%
        ("SUB", 16): Work(0, 0, 2.62, 285),  # 0%
        ("TANH", 8): Work(0, 0, 1.88, 42.4),  # 0%
        ("TANH", 16): Work(0, 0, 13.5, 44),  # 0%
        ("conv", 8): Work(0.187, 0, 5.8, 0),  # 11%
        ("conv", 16): Work(0.246, 0.252, 13.9, 0),  # 24%
        ("dense", 8): Work(0.256, 0, 4.05, 301),  # 64%
        ("dense", 16): Work(0.279, 0, 6.54, 448),  # 59%
        ("depthwise", 8): Work(0.703, 0, 1.96, 2_390),  # 47%
        ("depthwise", 16): Work(1.18, 0, 3.61, 4_240),  # 57%
        ("pointwise", 8): Work(0.174, 0, 6.74, 803),  # 24%
        ("pointwise", 16): Work(0.214, 0, 6.63, 775),  # 15%
    },
    "wide": {
        ("ADD", 8): Work(0, 0, 4.11, 0),  # 58%
        ("ADD", 16): Work(0, 0, 7.33, 301),  # 0%
        ("AVERAGE_POOL_2D", 8): Work(0, 0, 0.545, 656),  # 59%
        ("AVERAGE_POOL_2D", 16): Work(0, 0, 1.16, 300),  # 39%
        ("CONCATENATION", 8): Work(0, 0, 1.18, 0),  # 23%
        ("CONCATENATION", 16): Work(0, 0, 0.888, 1_450),  # 0%
        ("LEAKY_RELU", 8): Work(0, 0, 1.88, 45),  # 0%
        ("LEAKY_RELU", 16): Work(0, 0, 8.25, 171),  # 0%
        ("LOGISTIC", 8): Work(0, 0, 1.88, 34.4),  # 0%
        ("LOGISTIC", 16): Work(0, 0, 13.5, 37),  # 0%
        ("MAX_POOL_2D", 8): Work(0, 0, 0.321, 0),  # 14%
        ("MAX_POOL_2D", 16): Work(0, 0, 0.265, 0),  # 13%
        ("MEAN", 8): Work(0, 0, 1.29, 0),  # 13%
        ("MEAN", 16): Work(0, 0, 1.36, 0),  # 10%
        ("MUL", 8): Work(0, 0, 1.77, 45),  # 0%
        ("MUL", 16): Work(0, 0, 2.13, 44),  # 0%
        ("PAD", 8): Work(0, 0, 2.4, 879),  # 0%
        ("PAD", 16): Work(0, 0, 4.79, 1_470),  # 0%
        ("QUANTIZE", 8): Work(0, 0, 1.87, 36),  # 0%
        ("QUANTIZE", 16): Work(0, 0, 4.41, 11.5),  # 47%
        ("RELU", 8): Work(0, 0, 1.87, 44),  # 0%
        ("RELU", 16): Work(0, 0, 8.25, 171),  # 0%
        ("RESHAPE", 8): Work(0, 0, 0, 33),  # 0%
        ("RESHAPE", 16): Work(0, 0, 0, 36),  # 0%
        ("SOFTMAX", 8): Work(0, 0, 14.2, 24.3),  # 8%
        ("SOFTMAX", 16): Work(0, 0, 18.7, 152),  # 8%
        ("SUB", 8): Work(0, 0, 3.15, 263),  # 0%
        ("SUB", 16): Work(0, 0, 7.33, 301),  # 0%
        ("TANH", 8): Work(0, 0, 1.95, 0),  # 3%
        ("TANH", 16): Work(0, 0, 13.5, 44),  # 0%
        ("conv", 8): Work(0.626, 0, 57, 0),  # 26%
        ("conv", 16): Work(0.601, 0.293, 27.3, 82_900),  # 6%
        ("dense", 8): Work(3.44, 0, 21.4, 655),  # 58%
        ("dense", 16): Work(0.97, 0, 10.5, 360),  # 34%
        ("depthwise", 8): Work(3.55, 0, 22, 34.9),  # 50%
        ("depthwise", 16): Work(2.89, 0, 27.7, 902),  # 40%
        ("pointwise", 8): Work(0.767, 0, 30.5, 16_700),  # 44%
        ("pointwise", 16): Work(0.592, 0, 21.2, 2_210),  # 5%
    },
    "neon": {
        ("ADD", 8): Work(0, 0, 0.917, 214),  # 0%
        ("ADD", 16): Work(0, 0, 2.5, 211),  # 0%
        ("AVERAGE_POOL_2D", 8): Work(0, 0, 0.368, 889),  # 68%
        ("AVERAGE_POOL_2D", 16): Work(0, 0, 1.55, 444),  # 39%
        ("CONCATENATION", 8): Work(0, 0, 0.858, 0),  # 24%
        ("CONCATENATION", 16): Work(0, 0, 0.631, 1_090),  # 0%
        ("LEAKY_RELU", 8): Work(0, 0, 2.4, 1_270),  # 0%
        ("LEAKY_RELU", 16): Work(0, 0, 2.88, 75),  # 0%
        ("LOGISTIC", 8): Work(0, 0, 2.5, 33),  # 0%
        ("LOGISTIC", 16): Work(0, 0, 12.5, 44),  # 0%
        ("MAX_POOL_2D", 8): Work(0, 0, 0.59, 0),  # 16%
        ("MAX_POOL_2D", 16): Work(0, 0, 0.733, 0),  # 21%
        ("MEAN", 8): Work(0, 0, 0.497, 0),  # 6%
        ("MEAN", 16): Work(0, 0, 1.53, 0),  # 13%
        ("MUL", 8): Work(0, 0, 1.12, 40),  # 0%
        ("MUL", 16): Work(0, 0, 0.708, 29.8),  # 0%
        ("PAD", 8): Work(0, 0, 1.79, 678),  # 0%
        ("PAD", 16): Work(0, 0, 3.58, 1_120),  # 0%
        ("QUANTIZE", 8): Work(0, 0, 2.5, 33.4),  # 0%
        ("QUANTIZE", 16): Work(0, 0, 1.86, 9.79),  # 36%
        ("RELU", 8): Work(0, 0, 2.4, 1_270),  # 0%
        ("RELU", 16): Work(0, 0, 2.88, 74.8),  # 0%
        ("RESHAPE", 8): Work(0, 0, 0, 28),  # 0%
        ("RESHAPE", 16): Work(0, 0, 0, 28),  # 0%
        ("SOFTMAX", 8): Work(0, 0, 16.9, 164),  # 40%
        ("SOFTMAX", 16): Work(0, 0, 16.3, 122),  # 6%
        ("SUB", 8): Work(0, 0, 0.917, 215),  # 0%
        ("SUB", 16): Work(0, 0, 2.5, 212),  # 0%
        ("TANH", 8): Work(0, 0, 2.4, 1_270),  # 0%
        ("TANH", 16): Work(0, 0, 13.5, 48),  # 0%
        ("conv", 8): Work(0.211, 0, 10.1, 0),  # 47%
        ("conv", 16): Work(0.332, 0.126, 13.8, 0),  # 28%
        ("dense", 8): Work(0.259, 0, 2.3, 278),  # 66%
        ("dense", 16): Work(0.462, 0, 6.99, 463),  # 66%
        ("depthwise", 8): Work(0.0266, 0, 5.7, 2_750),  # 44%
        ("depthwise", 16): Work(1.09, 0, 1.46, 3_880),  # 55%
        ("pointwise", 8): Work(0.232, 0, 3.04, 275),  # 4%
        ("pointwise", 16): Work(0.321, 0, 4.84, 915),  # 4%
    },
    "dotprod": {
        ("ADD", 8): Work(0, 0, 0.917, 214),  # 0%
        ("ADD", 16): Work(0, 0, 2.5, 211),  # 0%
        ("AVERAGE_POOL_2D", 8): Work(0, 0, 0.368, 889),  # 68%
        ("AVERAGE_POOL_2D", 16): Work(0, 0, 1.55, 444),  # 39%
        ("CONCATENATION", 8): Work(0, 0, 0.858, 0),  # 24%
        ("CONCATENATION", 16): Work(0, 0, 0.631, 1_090),  # 0%
        ("LEAKY_RELU", 8): Work(0, 0, 2.4, 1_270),  # 0%
        ("LEAKY_RELU", 16): Work(0, 0, 2.88, 75),  # 0%
        ("LOGISTIC", 8): Work(0, 0, 2.5, 33),  # 0%
        ("LOGISTIC", 16): Work(0, 0, 12.5, 44),  # 0%
        ("MAX_POOL_2D", 8): Work(0, 0, 0.59, 0),  # 16%
        ("MAX_POOL_2D", 16): Work(0, 0, 0.733, 0),  # 21%
        ("MEAN", 8): Work(0, 0, 0.497, 0),  # 6%
        ("MEAN", 16): Work(0, 0, 1.53, 0),  # 13%
        ("MUL", 8): Work(0, 0, 1.12, 40),  # 0%
        ("MUL", 16): Work(0, 0, 0.708, 29.8),  # 0%
        ("PAD", 8): Work(0, 0, 1.79, 678),  # 0%
        ("PAD", 16): Work(0, 0, 3.58, 1_120),  # 0%
        ("QUANTIZE", 8): Work(0, 0, 2.5, 33.4),  # 0%
        ("QUANTIZE", 16): Work(0, 0, 1.86, 9.79),  # 36%
        ("RELU", 8): Work(0, 0, 2.4, 1_270),  # 0%
        ("RELU", 16): Work(0, 0, 2.88, 74.8),  # 0%
        ("RESHAPE", 8): Work(0, 0, 0, 28),  # 0%
        ("RESHAPE", 16): Work(0, 0, 0, 28),  # 0%
        ("SOFTMAX", 8): Work(0, 0, 16.9, 164),  # 40%
        ("SOFTMAX", 16): Work(0, 0, 16.3, 122),  # 6%
        ("SUB", 8): Work(0, 0, 0.917, 215),  # 0%
        ("SUB", 16): Work(0, 0, 2.5, 212),  # 0%
        ("TANH", 8): Work(0, 0, 2.4, 1_270),  # 0%
        ("TANH", 16): Work(0, 0, 13.5, 48),  # 0%
        ("conv", 8): Work(0.0693, 0.0206, 5.78, 8_300),  # 44%
        ("conv", 16): Work(0.332, 0.126, 13.8, 0),  # 28%
        ("dense", 8): Work(0.116, 0, 2.65, 211),  # 57%
        ("dense", 16): Work(0.462, 0, 6.99, 463),  # 66%
        ("depthwise", 8): Work(0.082, 0, 4.32, 3_690),  # 45%
        ("depthwise", 16): Work(1.09, 0, 1.46, 3_880),  # 55%
        ("pointwise", 8): Work(0.0782, 0, 2.32, 362),  # 13%
        ("pointwise", 16): Work(0.321, 0, 4.84, 915),  # 4%
    },
    "dsp": {
        ("ADD", 8): Work(0, 0, 24.7, 319),  # 0%
        ("ADD", 16): Work(0, 0, 24.7, 286),  # 0%
        ("AVERAGE_POOL_2D", 8): Work(0, 0, 1.47, 8_060),  # 70%
        ("AVERAGE_POOL_2D", 16): Work(0, 0, 6.26, 7_920),  # 48%
        ("CONCATENATION", 8): Work(0, 0, 1.28, 2_100),  # 0%
        ("CONCATENATION", 16): Work(0, 0, 1.91, 2_100),  # 0%
        ("LEAKY_RELU", 8): Work(0, 0, 4.5, 37.6),  # 0%
        ("LEAKY_RELU", 16): Work(0, 0, 17.5, 71.6),  # 0%
        ("LOGISTIC", 8): Work(0, 0, 4.5, 32.6),  # 0%
        ("LOGISTIC", 16): Work(0, 0, 17.5, 34.6),  # 0%
        ("MAX_POOL_2D", 8): Work(0, 0, 3.68, 0),  # 1%
        ("MAX_POOL_2D", 16): Work(0, 0, 8.9, 0),  # 2%
        ("MEAN", 8): Work(0, 0, 5.7, 0),  # 6%
        ("MEAN", 16): Work(0, 0, 5.03, 333),  # 0%
        ("MUL", 8): Work(0, 0, 5.33, 24.8),  # 0%
        ("MUL", 16): Work(0, 0, 7.6, 1_260),  # 0%
        ("PAD", 8): Work(0, 0, 2.78, 848),  # 0%
        ("PAD", 16): Work(0, 0, 5.53, 1_300),  # 0%
        ("QUANTIZE", 8): Work(0, 0, 4.5, 31),  # 0%
        ("QUANTIZE", 16): Work(0, 0, 15.4, 0),  # 12%
        ("RELU", 8): Work(0, 0, 4.5, 37.6),  # 0%
        ("RELU", 16): Work(0, 0, 17.5, 71.6),  # 0%
        ("RESHAPE", 8): Work(0, 0, 0, 25),  # 0%
        ("RESHAPE", 16): Work(0, 0, 0, 25),  # 0%
        ("SOFTMAX", 8): Work(0, 0, 93.5, 208),  # 4%
        ("SOFTMAX", 16): Work(0, 0, 21.9, 116),  # 8%
        ("SUB", 8): Work(0, 0, 24.7, 320),  # 0%
        ("SUB", 16): Work(0, 0, 24.7, 287),  # 0%
        ("TANH", 8): Work(0, 0, 4.5, 37.6),  # 0%
        ("TANH", 16): Work(0, 0, 16.5, 41.6),  # 0%
        ("conv", 8): Work(2.11, 0.373, 70.2, 0),  # 10%
        ("conv", 16): Work(2.19, 0, 67.7, 0),  # 3%
        ("dense", 8): Work(2.18, 0, 49, 320),  # 38%
        ("dense", 16): Work(2.35, 0, 89.4, 305),  # 37%
        ("depthwise", 8): Work(5.21, 0, 22.9, 0),  # 21%
        ("depthwise", 16): Work(4.3, 0, 27.9, 870),  # 8%
        ("pointwise", 8): Work(2.21, 0, 40.7, 0),  # 16%
        ("pointwise", 16): Work(2.25, 0, 33.3, 190),  # 0%
    },
    "portable": {
        ("ADD", 8): Work(0, 0, 6.07, 83.8),  # 4%
        ("ADD", 16): Work(0, 0, 16.9, 0),  # 1%
        ("AVERAGE_POOL_2D", 8): Work(0, 0, 2.46, 3_770),  # 47%
        ("AVERAGE_POOL_2D", 16): Work(0, 0, 2.52, 3_350),  # 41%
        ("CONCATENATION", 8): Work(0, 0, 1.31, 1_800),  # 0%
        ("CONCATENATION", 16): Work(0, 0, 2.06, 1_800),  # 0%
        ("LEAKY_RELU", 8): Work(0, 0, 3.5, 57.6),  # 0%
        ("LEAKY_RELU", 16): Work(0, 0, 10.5, 118),  # 0%
        ("LOGISTIC", 8): Work(0, 0, 3.5, 49.6),  # 0%
        ("LOGISTIC", 16): Work(0, 0, 14.5, 86),  # 0%
        ("MAX_POOL_2D", 8): Work(0, 0, 1.9, 2_710),  # 0%
        ("MAX_POOL_2D", 16): Work(0, 0, 1.89, 2_750),  # 0%
        ("MEAN", 8): Work(0, 0, 4.03, 334),  # 0%
        ("MEAN", 16): Work(0, 0, 4.03, 327),  # 0%
        ("MUL", 8): Work(0, 0, 8.17, 0),  # 2%
        ("MUL", 16): Work(0, 0, 7.33, 56.6),  # 0%
        ("PAD", 8): Work(0, 0, 2.89, 764),  # 0%
        ("PAD", 16): Work(0, 0, 5.75, 1_180),  # 0%
        ("QUANTIZE", 8): Work(0, 0, 2.9, 1_280),  # 0%
        ("QUANTIZE", 16): Work(0, 0, 7.82, 0),  # 30%
        ("RELU", 8): Work(0, 0, 3.5, 58.8),  # 0%
        ("RELU", 16): Work(0, 0, 11, 118),  # 0%
        ("RESHAPE", 8): Work(0, 0, 0, 36),  # 0%
        ("RESHAPE", 16): Work(0, 0, 0, 43),  # 0%
        ("SOFTMAX", 8): Work(0, 0, 14.3, 21.3),  # 19%
        ("SOFTMAX", 16): Work(0, 0, 20.6, 115),  # 7%
        ("SUB", 8): Work(0, 0, 6, 193),  # 0%
        ("SUB", 16): Work(0, 0, 16.7, 250),  # 0%
        ("TANH", 8): Work(0, 0, 3.5, 56.6),  # 0%
        ("TANH", 16): Work(0, 0, 14.5, 93),  # 0%
        ("conv", 8): Work(3.26, 0, 113, 0),  # 39%
        ("conv", 16): Work(3.33, 0, 73.3, 0),  # 4%
        ("dense", 8): Work(3.56, 0, 17, 2_040),  # 74%
        ("dense", 16): Work(3.51, 0, 34, 380),  # 41%
        ("depthwise", 8): Work(10.8, 0, 32, 43.5),  # 24%
        ("depthwise", 16): Work(11, 0, 24.5, 740),  # 17%
        ("pointwise", 8): Work(3.56, 0, 39.2, 228),  # 0%
        ("pointwise", 16): Work(3.44, 0, 29.7, 257),  # 0%
    },
}
"""By kernel set, then kind of operator and bits of its activations. The flags are those of bundles' programs: zig, and
gcc for Cortex-M, on an ARMv7-A; the arithmetic is `xnnpack`, for Cortex-M `integer`."""
