"""UNIDIRECTIONAL_SEQUENCE_LSTM: int8 activations, gates and cell state in int16.

XNNPACK takes none, so both arithmetics are LiteRT's kernel. Peephole weights, a projection, and the coupling of input
and forget gate (no input gate) are optional; layer normalization is not computed.
"""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from packager.ir import DType
from packager.ops import _fixed_point as fixed
from packager.ops._contract import Array, Call, OpDef, present
from packager.ops._elementwise import saturated
from packager.ops._fixed_point import Int
from packager.ops._gates import logistic, tanh

GATES = ("input", "forget", "cell", "output")
"""The order of their weights, biases and peepholes among the inputs."""
INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES, PROJECTION, PROJECTION_BIAS = 1, 5, 12, 16, 17
OUTPUT_STATE, CELL_STATE = 18, 19
PEEPHOLES = {"input": 9, "forget": 10, "output": 11}
_LAYER_NORM = range(20, 24)
_HIDDEN = 4
"""Place among the intermediates."""
_GATE_SCALE = 2.0**-12


@dataclasses.dataclass(frozen=True, slots=True)
class Scaling:
    """The real multipliers of one LSTM, and its clips in integers of cell state and output; 0 for none."""

    inputs: Mapping[str, float]
    recurrent: Mapping[str, float]
    peepholes: Mapping[str, float]
    hidden: float
    hidden_zero: int
    projection: float
    cell_shift: int
    """The cell state's scale is two to this power."""
    cell_clip: int
    projection_clip: int


def scaling_of(call: Call) -> Scaling:
    """Return the multipliers, each computed in float32 as LiteRT does."""
    x, state, cell = (np.float32(call.input(i).scale) for i in (0, OUTPUT_STATE, CELL_STATE))
    unit = np.float32(_GATE_SCALE)
    hidden = call.intermediates[_HIDDEN]
    has_projection = has(call, PROJECTION)
    projection = (
        float(np.float32(call.input(PROJECTION).scale) * np.float32(hidden.scale) / state) if has_projection else 0.0
    )
    return Scaling(
        inputs={g: float(_scale(call, INPUT_WEIGHTS, g) * x / unit) for g in gates_of(call)},
        recurrent={g: float(_scale(call, RECURRENT_WEIGHTS, g) * state / unit) for g in gates_of(call)},
        peepholes={g: float(np.float32(call.input(i).scale) * cell / unit) for g, i in peepholes_of(call).items()},
        hidden=float(np.float32(2.0**-15 / hidden.scale * 2.0**-15)),
        hidden_zero=hidden.zero_point,
        projection=projection,
        cell_shift=int(np.frexp(cell)[1]) - 1,
        cell_clip=_clip(call.attrs["cell_clip"], cell, 32767),
        projection_clip=_clip(call.attrs["proj_clip"], np.float32(call.output.scale), 127) if has_projection else 0,
    )


def _scale(call: Call, first: int, gate: str) -> np.float32:
    return np.float32(call.input(first + GATES.index(gate)).scale)


def _clip(clip: float, scale: np.float32, most: int) -> int:
    return min(int(np.float32(clip) / scale), most)


def has(call: Call, position: int) -> bool:
    return position < len(call.inputs) and call.inputs[position] is not None


def gates_of(call: Call) -> tuple[str, ...]:
    """The gates with weights of their own: a coupled input gate has none."""
    return GATES if has(call, INPUT_WEIGHTS) else GATES[1:]


def peepholes_of(call: Call) -> dict[str, int]:
    return {gate: i for gate, i in PEEPHOLES.items() if has(call, i)}


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    steps = x if call.attrs["time_major"] else np.swapaxes(x, 0, 1)
    scaling = scaling_of(call)
    state = present(inputs[OUTPUT_STATE]).reshape(steps.shape[1], -1)
    cell = present(inputs[CELL_STATE]).reshape(steps.shape[1], -1).astype(np.int64)
    found = []
    for step in steps:
        state, cell = _step(call, inputs, scaling, step, state, cell)
        found.append(state)
    output = np.stack(found, axis=0 if call.attrs["time_major"] else 1)
    return (
        output,
        state.reshape(call.input(OUTPUT_STATE).dims),
        cell.astype(np.int16).reshape(call.input(CELL_STATE).dims),
    )


def _step(
    call: Call, inputs: Sequence[Array | None], scaling: Scaling, x: Array, state: Array, cell: Int
) -> tuple[Array, Int]:
    """One step in time: new output state [batch, outputs] and cell state [batch, cells]."""

    def gate(name: str) -> Int:
        return _gate(call, inputs, scaling, name, x, state, cell)

    forget, candidate = logistic(gate("forget")), tanh(gate("cell"), 3)
    let_in = logistic(gate("input")) if "input" in scaling.inputs else 32767 - forget
    kept = fixed.divide_by_power_of_two(forget * cell, 15)
    new = fixed.divide_by_power_of_two(let_in * candidate, 30 + scaling.cell_shift)
    cell = np.clip(kept + new, -32768, 32767)
    if scaling.cell_clip > 0:
        cell = np.clip(cell, -scaling.cell_clip, scaling.cell_clip)
    shown = logistic(gate("output")) * tanh(cell, 15 + scaling.cell_shift)
    hidden = _scaled(shown, scaling.hidden)
    if not has(call, PROJECTION):
        return np.clip(hidden + scaling.hidden_zero, -128, 127).astype(np.int8), cell
    return _projected(call, inputs, scaling, hidden), cell


def _gate(
    call: Call, inputs: Sequence[Array | None], scaling: Scaling, name: str, x: Array, state: Array, cell: Int
) -> Int:
    """A gate's argument in Q3.12: three products, each scaled and then added with saturation."""
    at = GATES.index(name)
    bias = present(inputs[BIASES + at])
    total = saturate(_scaled(_product(call, 0, x, inputs[INPUT_WEIGHTS + at]) + bias, scaling.inputs[name]))
    recurrent = _product(call, OUTPUT_STATE, state, inputs[RECURRENT_WEIGHTS + at])
    total = saturate(total + _scaled(recurrent, scaling.recurrent[name]))
    if name in scaling.peepholes:
        seen = _peeped(cell, present(inputs[PEEPHOLES[name]]), state.shape[1])
        total = saturate(total + _scaled(seen, scaling.peepholes[name]))
    return total


def _peeped(cell: Int, weights: Array, outputs: int) -> Int:
    """The cell state times its weights. LiteRT takes rows for as long as the output: the rest of the cells see none."""
    flat = np.zeros(cell.size, np.int64)
    count = len(cell) * outputs
    flat[:count] = np.tile(weights[:outputs].astype(np.int64), len(cell))
    return cell * flat.reshape(cell.shape)


def _projected(call: Call, inputs: Sequence[Array | None], scaling: Scaling, hidden: Int) -> Array:
    """LiteRT takes the zero point off where it should add it, which shows where the hidden state saturates."""
    wrong = np.clip(hidden - scaling.hidden_zero, -128, 127)
    total = (wrong + scaling.hidden_zero) @ present(inputs[PROJECTION]).astype(np.int64).T
    if has(call, PROJECTION_BIAS):
        total = total + present(inputs[PROJECTION_BIAS])
    q = saturated(_scaled(total, scaling.projection) + call.input(OUTPUT_STATE).zero_point, call.output)
    clip = scaling.projection_clip
    return np.clip(q, -clip, clip).astype(np.int8) if clip > 0 else q


def _product(call: Call, position: int, x: Array, weights: Array | None) -> Int:
    centred = x.astype(np.int64) - call.input(position).zero_point
    product: Int = centred @ present(weights).astype(np.int64).T
    return product


def _scaled(x: Int, multiplier: float) -> Int:
    return fixed.multiply(fixed.wrap32(x), *fixed.quantize_multiplier(multiplier))


def saturate(x: Int) -> Int:
    return np.clip(x, -32768, 32767)


def macs(call: Call) -> int:
    *steps, depth = call.input(0).dims
    cells, outputs = call.input(RECURRENT_WEIGHTS + 1).dims
    each = len(gates_of(call)) * cells * (depth + outputs) + (cells * outputs if has(call, PROJECTION) else 0)
    return each * steps[0] * steps[1]


def objection(call: Call) -> str:
    """What is not computed, and what LiteRT refuses."""
    if any(has(call, i) for i in _LAYER_NORM):
        return "its layer normalization is not computed"
    if call.input(INPUT_WEIGHTS + 1).dtype is not DType.INT8 or call.input(CELL_STATE).dtype is not DType.INT16:
        return "its weights are not int8, or its cell state is not int16"
    if len(call.intermediates) <= _HIDDEN or not call.intermediates[_HIDDEN].is_quantized:
        return "the file does not say the scale of its hidden state"
    fraction, exponent = np.frexp(np.float32(call.input(CELL_STATE).scale))
    if fraction != 0.5 or not -15 <= exponent - 1 <= -9:
        return "the scale of its cell state is no power of two from 2^-15 to 2^-9"
    cells, outputs = call.input(RECURRENT_WEIGHTS + 1).dims
    if peepholes_of(call) and outputs > cells:
        return "it has peepholes and more outputs than cells: LiteRT reads past their weights"
    return ""


OP = OpDef(
    name="UNIDIRECTIONAL_SEQUENCE_LSTM",
    reference=reference,
    macs=macs,
    kind="dense",
    types=frozenset({DType.INT8}),
    state=(OUTPUT_STATE, CELL_STATE),
    objection=objection,
)
