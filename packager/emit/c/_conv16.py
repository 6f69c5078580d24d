"""CONV_2D of int16 with int8 weights."""

import dataclasses

import numpy as np

from packager.emit.c._contract import SCRATCH, Constant, Fields, Ints, Invocation, Layer, Op, padded
from packager.emit.c._linear import quads_of
from packager.emit.c._linear16 import WORD, Linear16, defines16, packed16, sizes16, weights16
from packager.emit.c._scaling import BLOCK
from packager.emit.c._scaling16 import Scaling16
from packager.emit.c._window import laid

_PATCHES = 4
"""Pixels that are gathered at once, where kernels multiply several vectors together."""
_ALONE = ("dsp", "portable")
"""Kernels that take one at a time."""


class Conv16(Linear16):
    def layer(self, op: Op) -> Layer:
        weights, scaling = weights16(op), self.scaling(op)
        outputs, height, width, depth = weights.shape
        groups = op.input(0).dims[3] // depth
        window, tall, direct, patched = laid(op, height, width, groups)
        kernel = weights.reshape(outputs, tall, -1)
        patches = 1 if op.target.kernels in _ALONE else _PATCHES
        share = outputs // groups
        parts = [self._group(op, kernel[g : g + share], scaling, g) for g in range(0, outputs, share)]
        # The last group's channels begin anywhere in the scaling's arrays, and a whole block is read from there.
        more = 0 if groups == 1 else BLOCK
        scales = (dataclasses.replace(c, values=np.pad(c.values, (0, more), mode="edge")) for c in scaling.constants)
        return Layer(
            invocations=(
                Invocation(
                    kernel="conv_2d_int16",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output(), SCRATCH),
                    fields={
                        "window": window,
                        "groups": "matrices",
                        "group_count": groups,
                        "depth": depth,
                        "direct": int(direct),
                    },
                ),
            ),
            constants=(*scales, *(constant for _, constants in parts for constant in constants)),
            structs=(("ep_matrix_int16", "matrices", tuple(fields for fields, _ in parts)),),
            scratch=patches * WORD * 4 * quads_of(kernel) * tall if patched else 0,
            reads_past=WORD * (-kernel.shape[2] % 4) if direct else 0,
            defines={
                **scaling.defines,
                **defines16(window["output_w"], long=self.is_long(op)),
                "EP_INT16_PATCHED": int(patched),
                "EP_INT16_PATCHES": patches,
                "EP_INT16_DEPTH": 4 * quads_of(kernel) * tall if patched else 0,
            },
        )

    def _group(self, op: Op, kernel: Ints, scaling: Scaling16, first: int) -> tuple[Fields, tuple[Constant, ...]]:
        """The matrix of the outputs from `first` on; constants of channels are padded for each group."""
        last = first + len(kernel)
        bias, where = self.bias(op)
        suffix = f"_{first}" if first else ""
        constants = (
            dataclasses.replace(bias, name=f"bias{suffix}", values=padded(bias.values[first:last], BLOCK)),
            packed16(kernel, suffix),
        )
        fields = dict(scaling.fields)
        for constant in scaling.constants:
            fields[constant.name] = f"{op.symbol(constant.name)} + {first}" if first else op.symbol(constant.name)
        at = {name: op.symbol(f"bias{suffix}") for name in where}
        return {"weights": op.symbol(f"weights{suffix}"), **at, "scaling": fields, **sizes16(kernel)}, constants
