"""BATCH_MATMUL of two int8 arrays, either of them turned, leading dimensions broadcast."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._broadcast import merged
from packager.emit.c._contract import Fields, Invocation, Layer, Op, Problem
from packager.emit.c._quantized import int8_problems
from packager.emit.c._scaling import Scaling, finished
from packager.ops import _fixed_point as fixed
from packager.ops._requantize import Rule
from packager.ops.batch_matmul import is_in_float

_RANK = 3
"""Leading dimensions that the kernel broadcasts."""
_LONGEST = 1 << 15
"""Products of two differences of 9 bits whose sum fits 32."""
_PRODUCT = 255 * 255
"""The largest of them."""


class _BatchMatmul:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(int8_problems(op, 2))
        yield from found
        if found:
            return
        if len(_batches(op)[0]) > _RANK:
            yield Problem("its inputs broadcast over too many dimensions", "reshape them to fewer")
        if _sizes(op)[1] > _LONGEST:
            yield Problem(f"it adds {_sizes(op)[1]} products, the kernel {_LONGEST}", "split it, and add the parts")
        left = max(0, int(fixed.quantize_multiplier(_multiplier(op))[1]))
        if not is_in_float(op.evaluation) and (_sizes(op)[1] * _PRODUCT) << left >= 1 << 31:
            yield Problem("its scaling needs more than 32 bits", "recalibrate: a scale is far out of range")

    def layer(self, op: Op) -> Layer:
        rows, depth, columns = _sizes(op)
        dims, first, second = _batches(op)
        lead = _RANK - len(dims)
        scaling = _scaling(op)
        turned: Fields = {
            "a_row": 1 if op.attrs["adj_x"] else depth,
            "a_step": rows if op.attrs["adj_x"] else 1,
            "b_column": depth if op.attrs["adj_y"] else 1,
            "b_step": 1 if op.attrs["adj_y"] else columns,
        }
        return Layer(
            invocations=(
                Invocation(
                    kernel="batch_matmul",
                    arguments=(op.at_input(0), op.at_input(1), op.at_output()),
                    fields={
                        "dims": [1] * lead + dims,
                        "a": [0] * lead + [stride * rows * depth for stride in first],
                        "b": [0] * lead + [stride * depth * columns for stride in second],
                        "rows": rows,
                        "depth": depth,
                        "columns": columns,
                        **turned,
                        "a_zero": op.input(0).zero_point,
                        "b_zero": op.input(1).zero_point,
                        "scaling": scaling.fields,
                    },
                ),
            ),
            constants=scaling.constants,
            defines=scaling.defines,
            spared=scaling.spared,
        )


def _sizes(op: Op) -> tuple[int, int, int]:
    """Rows of the product, what is added up, columns."""
    rows, columns = op.output.dims[-2:]
    return rows, op.input(0).dims[-2 if op.attrs["adj_x"] else -1], columns


def _batches(op: Op) -> tuple[list[int], list[int], list[int]]:
    """The leading dimensions, and the strides of both inputs in them, in matrices."""
    return merged(op.output.dims[:-2], op.input(0).dims[:-2], op.input(1).dims[:-2])


def _multiplier(op: Op) -> float:
    return float(np.float32(op.input(0).scale) * np.float32(op.input(1).scale)) / op.output.scale


def _scaling(op: Op) -> Scaling:
    if is_in_float(op.evaluation):
        product = np.float32(op.input(0).scale) * np.float32(op.input(1).scale) / np.float32(op.output.scale)
        return finished(op, Rule.FLOAT32, {"scale": np.asarray([product])})
    mantissa, shift = fixed.quantize_multiplier([_multiplier(op)])
    return finished(op, Rule.TWICE, {"multiplier": mantissa, "shift": shift})


KERNEL = _BatchMatmul()
