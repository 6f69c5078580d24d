"""PAD, and PADV2 with a constant value: fill, then the input in the middle."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._move import filled, strided
from packager.emit.c._quantized import same_problems


class Pad:
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from same_problems(op)
        if op.constant(1) is None or (len(op.node.inputs) > 2 and op.constant(2) is None):
            yield Problem("its padding is computed, not constant", "freeze it")

    def layer(self, op: Op) -> Layer:
        edges, value = op.constant(1), op.constant(2)
        assert edges is not None, "problems() asked for it"
        places = np.arange(op.input(0).elements, dtype=np.int64).reshape(op.input(0).dims)
        padded = np.pad(places, [(int(a), int(b)) for a, b in edges], constant_values=-1).reshape(-1)
        targets = np.flatnonzero(padded >= 0)
        fields = strided(padded[targets], targets, op.output.dtype.bits // 8)
        assert fields is not None, "a block within a block is strided"
        fill = filled(op, value=None if value is None else int(value.reshape(())))
        return Layer(
            invocations=(
                fill,
                Invocation(kernel="move", arguments=(op.at_input(0), op.at_output()), fields=fields),
            ),
        )
