"""QUANTIZE and DEQUANTIZE against LiteRT."""

import numpy as np
import pytest
from ops.judging import judge, quant

from packager.ir import DType, GraphBuilder, Model

EVERY = np.arange(-128, 128, dtype=np.int8)[None]


def conversion(source: DType, target: DType, x: tuple[float, int] | None, y: tuple[float, int] | None) -> Model:
    b = GraphBuilder()
    first = b.input("x", (1, 256), source, quant(*x) if x else None)
    op = "DEQUANTIZE" if target.is_float else "QUANTIZE"
    return b.model([b.op(op, [first], (1, 256), dtype=target, quant=quant(*y) if y else None)])


@pytest.mark.parametrize(("scale", "zero_point"), [(0.5847029, 83), (0.1, -128), (1 / 3, 0), (0.01, 127)])
def test_real_to_int8(scale: float, zero_point: int) -> None:
    ties = (np.arange(-128, 128) + 0.5) * np.float32(scale)
    wide = np.linspace(-1000, 1000, 256)
    x = np.stack([ties, wide, np.linspace(-20, 20, 256)]).astype(np.float32)
    judge(conversion(DType.FLOAT32, DType.INT8, None, (scale, zero_point)), [x])
    judge(conversion(DType.FLOAT32, DType.UINT8, None, (scale, max(zero_point, 0))), [x])


def tied(source: DType, target: DType, count: int, scales: tuple[float, float]) -> Model:
    """Of elements that a vector of LiteRT's takes whole or not, and of scales that make ties of many."""
    b = GraphBuilder()
    first = b.input("x", (1, count), source, None if source.is_float else quant(scales[0], 3))
    zero_point = 0 if target is DType.INT16 else 5
    return b.model([b.op("QUANTIZE", [first], (1, count), dtype=target, quant=quant(scales[1], zero_point))])


@pytest.mark.parametrize("count", [1, 7, 8, 19, 40])
@pytest.mark.parametrize("scale", [0.0003, 2.0**-10])
def test_real_to_int16(count: int, scale: float) -> None:
    """The elements behind whole groups of 8 are rounded otherwise."""
    halves = np.random.default_rng(0).integers(-40000, 40000, (99, count)) + 0.5
    x = (halves * np.float32(scale)).astype(np.float32)
    judge(tied(DType.FLOAT32, DType.INT16, count, (0, scale)), [x])


@pytest.mark.parametrize("count", [1, 15, 16, 37, 64])
@pytest.mark.parametrize(("source", "target"), [(DType.INT8, DType.UINT8), (DType.UINT8, DType.INT8)])
def test_ties_between_bytes_of_two_signs(source: DType, target: DType, count: int) -> None:
    """The same behind whole groups of 16."""
    judge(tied(source, target, count, (0.01, 0.08)), count=40)


@pytest.mark.parametrize(
    ("x", "y"), [((0.05, 3), (0.04, -5)), ((0.05, 3), (0.05, 3)), ((0.001, 0), (1.0, 0)), ((1.0, 5), (0.003, 7))]
)
def test_int8_to_int8(x: tuple[float, int], y: tuple[float, int]) -> None:
    judge(conversion(DType.INT8, DType.INT8, x, y), [EVERY])


def test_between_integer_types() -> None:
    for offset in (128, 100):
        judge(conversion(DType.INT8, DType.UINT8, (0.05, 3), (0.05, 3 + offset)), [EVERY])
        judge(conversion(DType.UINT8, DType.INT8, (0.05, 3 + offset), (0.05, 3)), [EVERY.view(np.uint8)])
    judge(conversion(DType.INT8, DType.INT16, (0.05, 3), (0.0003, 0)), [EVERY])
    wide = np.linspace(-32768, 32767, 256).astype(np.int16)[None]
    judge(conversion(DType.INT16, DType.INT8, (0.0003, 0), (0.05, 3)), [wide])
    judge(conversion(DType.INT16, DType.INT16, (0.0003, 0), (0.0002, 0)), [wide])


@pytest.mark.parametrize("dtype", [DType.INT8, DType.UINT8])
def test_int8_to_real(dtype: DType) -> None:
    judge(conversion(dtype, DType.FLOAT32, (0.5847029, 83), None), [EVERY.view(dtype.value)])
