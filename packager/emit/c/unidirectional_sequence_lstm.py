"""UNIDIRECTIONAL_SEQUENCE_LSTM, its output and cell state in the arena."""

from collections.abc import Iterator

from packager.emit.c._contract import SCRATCH, Constant, Fields, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._linear import folded_bias, reach_of
from packager.emit.c._quantized import constant_problems
from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops import unidirectional_sequence_lstm as lstm

_END = 1 << 31
_STATES = (lstm.OUTPUT_STATE, lstm.CELL_STATE)


class _Lstm:
    def problems(self, op: Op) -> Iterator[Problem]:
        given = [i for i in range(1, len(op.node.inputs)) if i not in _STATES]
        found = list(constant_problems(op, given))
        if {op.input(0).dtype, op.output.dtype} != {DType.INT8}:
            found.append(Problem(f"it computes {op.input(0).dtype} to {op.output.dtype}", "quantize it to int8"))
        yield from found
        if not found and any(reach_of(*part).max(initial=0) >= _END for part in _matrices(op).values()):
            yield Problem("its sums leave the kernel's 32 bits", "use fewer inputs")

    def layer(self, op: Op) -> Layer:
        scaling = lstm.scaling_of(op.evaluation)
        order = op.input(0).dims if op.attrs["time_major"] else (op.input(0).dims[1], op.input(0).dims[0])
        cells = op.input(lstm.CELL_STATE).dims[-1]
        outputs = op.output.dims[2]
        peepholes = lstm.peepholes_of(op.evaluation)
        constants: list[Constant] = []
        for name, (rows, bias) in _matrices(op).items():
            constants.append(Constant(name=name, ctype="int8_t", values=rows.reshape(-1)))
            constants.append(Constant(name=f"{name}_bias", ctype="int32_t", values=bias))
        for gate, position in peepholes.items():
            weights = op.constant(position)
            assert weights is not None, "problems() asked for it"
            constants.append(Constant(name=f"{gate}_peephole", ctype="int16_t", values=weights))
        projected = lstm.has(op.evaluation, lstm.PROJECTION)
        fields: dict[str, object] = {
            "steps": order[0],
            "batches": order[1],
            "time_major": int(op.attrs["time_major"]),
            "inputs": op.input(0).dims[2],
            "cells": cells,
            "outputs": outputs,
            "coupled": int("input" not in scaling.inputs),
            **{f"{gate}_gate": _gate(op, gate, scaling) for gate in lstm.gates_of(op.evaluation)},
            "cell_shift": scaling.cell_shift,
            "cell_clip": scaling.cell_clip,
            **_multiplier("hidden", scaling.hidden),
            "hidden_zero": -scaling.hidden_zero if projected else scaling.hidden_zero,
        }
        if projected:
            fields |= {"projection": op.symbol("projection"), "projection_bias": op.symbol("projection_bias")}
            fields |= _multiplier("projection", scaling.projection)
            fields |= {"zero_point": op.input(lstm.OUTPUT_STATE).zero_point, "clip": scaling.projection_clip}
        states = [op.at_input(i) for i in _STATES]
        return Layer(
            invocations=(
                Invocation(kernel="lstm", arguments=(op.at_input(0), *states, op.at_output(), SCRATCH), fields=fields),
            ),
            constants=tuple(constants),
            scratch=cells if projected else 0,
        )


def _gate(op: Op, gate: str, scaling: lstm.Scaling) -> Fields:
    fields: dict[str, object] = {}
    for side, multipliers in (("input", scaling.inputs), ("recurrent", scaling.recurrent)):
        fields[side] = op.symbol(f"{gate}_{side}")
        fields[f"{side}_bias"] = op.symbol(f"{gate}_{side}_bias")
        fields |= _multiplier(side, multipliers[gate])
    if gate in scaling.peepholes:
        fields |= {"peephole": op.symbol(f"{gate}_peephole"), **_multiplier("peephole", scaling.peepholes[gate])}
    return fields


def _multiplier(name: str, real: float) -> dict[str, int]:
    mantissa, shift = fixed.quantize_multiplier(real)
    return {f"{name}_multiplier": int(mantissa), f"{name}_shift": int(shift)}


def _matrices(op: Op) -> dict[str, tuple[Ints, Ints]]:
    """Every matrix by name, with its bias, into which the zero point of what it multiplies is folded."""
    found = {}
    for gate in lstm.gates_of(op.evaluation):
        at = lstm.GATES.index(gate)
        found[f"{gate}_input"] = _folded(op, lstm.INPUT_WEIGHTS + at, 0, lstm.BIASES + at)
        found[f"{gate}_recurrent"] = _folded(op, lstm.RECURRENT_WEIGHTS + at, lstm.OUTPUT_STATE, len(op.node.inputs))
    if lstm.has(op.evaluation, lstm.PROJECTION):
        rows, bias = _folded(op, lstm.PROJECTION, 0, lstm.PROJECTION_BIAS)
        # The hidden state is kept less its zero point: see the reference.
        shift = op.input(0).zero_point + op.evaluation.intermediates[-1].zero_point
        found["projection"] = rows, bias + shift * rows.astype("int64").sum(axis=1)
    return found


def _folded(op: Op, weights: int, x: int, bias: int) -> tuple[Ints, Ints]:
    rows = op.constant(weights)
    assert rows is not None, "problems() asked for it"
    return rows, folded_bias(op, rows, op.input(x), position=bias)


KERNEL = _Lstm()
