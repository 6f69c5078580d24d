"""DEQUANTIZE of integers: real numbers at a model's end."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import kernel_of
from packager.ir import DType


class _Dequantize:
    def problems(self, op: Op) -> Iterator[Problem]:
        x = op.input(0)
        if x.dtype not in {DType.INT8, DType.INT16} or not x.is_quantized or x.quant is None or x.quant.is_per_channel:
            yield Problem(f"its input is {x.dtype}, the kernel takes int8 or int16 of one scale", "quantize it to int8")
        if op.output.dtype is not DType.FLOAT32:
            yield Problem(f"its output is {op.output.dtype}, the kernel writes float32", "mend the model")

    def layer(self, op: Op) -> Layer:
        return Layer(
            invocations=(
                Invocation(
                    kernel=kernel_of("dequantize", op),
                    struct="ep_dequantize",
                    arguments=(op.at_input(0), op.at_output()),
                    fields={
                        "count": op.output.elements,
                        "scale": np.float32(op.input(0).scale),
                        "zero_point": op.input(0).zero_point,
                    },
                ),
            ),
        )


KERNEL = _Dequantize()
