"""SVDF, its memory of earlier inputs in the arena."""

from collections.abc import Iterator

import numpy as np

from packager.emit.c._contract import Constant, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._linear import folded_bias, reach_of
from packager.emit.c._quantized import constant_problems, int8_problems, shift_problems
from packager.ops import _fixed_point as fixed
from packager.ops.svdf import STATE, multipliers

_END = 1 << 31


class _Svdf:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = [*int8_problems(op), *constant_problems(op, (1, 2, 3))]
        yield from found
        if not found and reach_of(*_features(op)).max(initial=0) >= _END:
            yield Problem("its sums leave the kernel's 32 bits", "use fewer inputs")
        yield from shift_problems(*(int(fixed.quantize_multiplier(m)[1]) for m in multipliers(op.evaluation)))

    def layer(self, op: Op) -> Layer:
        time, bias = op.constant(2), op.constant(3)
        assert time is not None, "problems() asked for it"
        features, folded = _features(op)
        units = op.output.dims[1]
        first, second = (fixed.quantize_multiplier(m) for m in multipliers(op.evaluation))
        given = np.zeros(units, np.int32) if bias is None else bias
        return Layer(
            invocations=(
                Invocation(
                    kernel="svdf",
                    arguments=(op.at_input(0), op.at_input(STATE), op.at_output()),
                    fields={
                        "batches": op.input(0).dims[0],
                        "inputs": features.shape[1],
                        "units": units,
                        "rank": len(features) // units,
                        "memory": time.shape[1],
                        "features": op.symbol("features"),
                        "folded": op.symbol("folded"),
                        "time": op.symbol("time"),
                        "bias": op.symbol("bias"),
                        "to_state": int(first[0]),
                        "to_state_shift": int(first[1]),
                        "to_output": int(second[0]),
                        "to_output_shift": int(second[1]),
                        "zero_point": op.output.zero_point,
                    },
                ),
            ),
            constants=(
                Constant(name="features", ctype="int8_t", values=features.reshape(-1)),
                Constant(name="folded", ctype="int32_t", values=folded),
                Constant(name="time", ctype="int16_t", values=time.reshape(-1)),
                Constant(name="bias", ctype="int32_t", values=given),
            ),
        )


def _features(op: Op) -> tuple[Ints, Ints]:
    """The weights ``[filters, inputs]``, and what the input's zero point takes off each sum."""
    features = op.constant(1)
    assert features is not None, "problems() asked for it"
    return features, folded_bias(op, features, op.input(0), position=len(op.node.inputs))


KERNEL = _Svdf()
