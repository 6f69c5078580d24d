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


def test_real_to_int16() -> None:
    x = np.random.default_rng(0).normal(0, 3, (99, 256)).astype(np.float32)
    judge(conversion(DType.FLOAT32, DType.INT16, None, (0.0003, 0)), [x])


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
