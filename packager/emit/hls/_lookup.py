"""Any function of one int8 value: the operator's own reference, evaluated on all 256 of them."""

from collections.abc import Iterable, Iterator

import numpy as np

from packager.emit.hls._contract import Layer, Op, Problem
from packager.emit.hls._folds import lane_folds
from packager.emit.hls._problems import quantization_problem
from packager.emit.hls._stage import Array, Ints, Stage
from packager.ir import DType
from packager.ops import find_op
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import mover, table


class Lookup(Layer):
    def __init__(self, *types: DType) -> None:
        self._types = types or (DType.INT8,)

    def problems(self, op: Op) -> Iterator[Problem]:
        yield from quantization_problem(op, self._types)
        if find_op(op.node.op) is None:
            yield Problem("its arithmetic is not known to EdgePack", "replace the activation by RELU")

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.output.dims[-1])

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        return (
            Stage(
                name="lookup",
                call=f"lookup<{op.output.elements}, {fold.pe}>",
                lanes_in=fold.pe,
                lanes_out=fold.pe,
                values=op.output.elements,
                cycles=op.output.elements // fold.pe,
                cost=mover(fold.pe) + table(fold.pe, 8),
                arrays=lambda: (Array(name="table", ctype="int8_t", values=values(op), bind="template"),),
                tokens_in=1,
            ),
        )


def values(op: Op) -> Ints:
    """The output for each value of 8 bits, in the order of its bits taken as unsigned."""
    known = find_op(op.node.op)
    assert known is not None
    every = np.arange(256, dtype=np.uint8).view(np.dtype(op.input(0).dtype.value))
    return known.reference(op.call, [every])[0].view(np.int8)
