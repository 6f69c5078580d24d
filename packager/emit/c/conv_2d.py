"""CONV_2D: pointwise ones are a matrix product over all pixels, others slide."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import SCRATCH, Constant, Fields, Ints, Invocation, Layer, Op, Problem, Saved
from packager.emit.c._conv16 import Conv16
from packager.emit.c._linear import (
    bias_constant,
    folded_bias,
    matrix_constants,
    matrix_defines,
    matrix_fields,
    operand_problems,
    quads_of,
    reach_of,
)
from packager.emit.c._scaling import BLOCK, Scaling, scaling_of, scaling_problems
from packager.emit.c._stored import stored
from packager.emit.c._window import is_inside, laid
from packager.ops._requantize import Rule
from packager.ops.conv_2d import rule_of

_PATCHES = 4
"""As in the kernel."""


class _Conv2d:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(operand_problems(op))
        yield from found
        if not found:
            rows = _rows(op)
            reach = reach_of(rows, folded_bias(op, rows, op.input(0)))
            yield from scaling_problems(op, op.input(0), op.input(1), _rule(op), reach)

    def layer(self, op: Op) -> Layer:
        weights, x = op.constant(1), op.input(0)
        assert weights is not None, "problems() asked for it"
        outputs, height, width, depth = weights.shape
        groups = x.dims[3] // depth
        window, tall, direct, patched = laid(op, height, width, groups)
        kernel = weights.reshape(outputs, tall, -1)
        bias = folded_bias(op, _rows(op), x)
        scaling = scaling_of(op, x, op.input(1), _rule(op), reach_of(_rows(op), bias))
        matrices = _matrices(op, kernel, bias, scaling, groups)
        in_place = _in_place(window, kernel) if direct else set()
        gathered = _gathered(window, whole=not in_place) if patched else set()
        size = 4 * quads_of(kernel) * tall
        return Layer(
            invocations=(
                Invocation(
                    kernel="conv_2d",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output(), SCRATCH),
                    fields={
                        "window": window,
                        "groups": "matrices",
                        "group_count": groups,
                        "depth": depth,
                        "zero_point": x.zero_point,
                        "direct": int(direct),
                    },
                ),
            ),
            constants=matrices.constants,
            structs=(("ep_matrix", "matrices", matrices.fields),),
            scratch=(_PATCHES * size if patched else 0) + matrices.scratch,
            reads_past=-kernel.shape[2] % 4 if direct else 0,
            defines={
                **scaling.defines,
                **matrices.defines,
                **matrix_defines(kernel[: outputs // groups], gathered, in_place),
                "EP_PATCHED": int(patched),
                "EP_BORDERS": int(patched and bool(in_place)),
                "EP_SPREAD": int(not direct),
            },
            spared=scaling.spared,
            saved=matrices.saved,
        )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Matrices:
    """One a group."""

    fields: tuple[Fields, ...]
    constants: tuple[Constant, ...]
    scratch: int = 0
    defines: Mapping[str, int] = dataclasses.field(default_factory=dict)
    saved: Saved | None = None


def _matrices(op: Op, kernel: Ints, bias: Ints, scaling: Scaling, groups: int) -> _Matrices:
    """Weights ``[outputs, runs, run]``, those of groups one after the other, as they pay best; of groups dense."""
    if groups > 1:
        return _grouped(op, kernel, bias, scaling, groups)
    weights = stored(op, kernel, op.output.elements // len(kernel))
    return _Matrices(
        fields=({**matrix_fields(op, kernel, scaling), **weights.fields(op)},),
        constants=(*scaling.constants, *weights.constants, bias_constant(bias)),
        scratch=weights.scratch,
        defines=weights.defines,
        saved=weights.saved,
    )


def _grouped(op: Op, kernel: Ints, bias: Ints, scaling: Scaling, groups: int) -> _Matrices:
    share = len(kernel) // groups
    # The last group's channels begin anywhere in the scaling's arrays, and a whole block is read from there.
    constants = [dataclasses.replace(c, values=np.pad(c.values, (0, BLOCK), mode="edge")) for c in scaling.constants]
    fields: list[Fields] = []
    for g in range(groups):
        part = slice(g * share, (g + 1) * share)
        constants += matrix_constants(kernel[part], bias[part], f"_{g}")
        fields.append(matrix_fields(op, kernel[part], scaling, f"_{g}", g * share))
    return _Matrices(fields=tuple(fields), constants=tuple(constants))


def _in_place(window: Mapping[str, Any], kernel: Ints) -> set[int]:
    """How many windows of a row are read where they lie; with NEON, whose `ep_patches_pay` gathers some."""
    down, across = (window[end] - window[start] for start, end in (("top", "bottom"), ("left", "right")))
    gathered = quads_of(kernel) == 1 and kernel.shape[1] > 1 and len(kernel) > BLOCK
    some = down > 0 and across > 0
    return {across} if some and (is_inside(window) or not gathered) else set()


def _gathered(window: Mapping[str, Any], *, whole: bool) -> set[int]:
    """How many windows are gathered at once, of the whole output or of its border: see `ep_conv_2d_gathered`."""
    height, width = window["output_h"], window["output_w"]
    top, bottom, left, right = (window[side] for side in ("top", "bottom", "left", "right"))
    border = ((top, width), (height - bottom, width), (bottom - top, left), (bottom - top, width - right))
    areas = [(h, w) for h, w in (((height, width),) if whole else border) if h > 0 and w > 0]
    lengths = {max(w, h) for h, w in areas}
    return {min(length, _PATCHES) for length in lengths} | {length % _PATCHES for length in lengths} - {0}


def _rows(op: Op) -> Ints:
    weights = op.constant(1)
    assert weights is not None, "problems() asked for it"
    return np.reshape(weights, (len(weights), -1))


def _rule(op: Op) -> Rule:
    return Rule.FLOAT32 if op.arithmetic == "xnnpack" else Rule.TWICE


KERNEL = ByType(_Conv2d(), Conv16(rule_of))
