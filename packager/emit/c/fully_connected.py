"""FULLY_CONNECTED."""

from collections.abc import Iterator

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import SCRATCH, Ints, Invocation, Layer, Op, Problem
from packager.emit.c._linear import (
    bias_constant,
    folded_bias,
    matrix_defines,
    matrix_fields,
    operand_problems,
    reach_of,
)
from packager.emit.c._linear16 import WORD, Linear16, defines16, packed16, sizes16
from packager.emit.c._scaling import scaling_of, scaling_problems
from packager.emit.c._stored import stored
from packager.ops._requantize import Rule
from packager.ops.fully_connected import rule_of


class _FullyConnected:
    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(operand_problems(op))
        yield from found
        if not found:
            rows = _rows(op)
            reach = reach_of(rows, folded_bias(op, rows, op.input(0)))
            yield from scaling_problems(op, op.input(0), op.input(1), _rule(op), reach)

    def layer(self, op: Op) -> Layer:
        rows, x = _rows(op), op.input(0)
        bias = folded_bias(op, rows, x)
        scaling = scaling_of(op, x, op.input(1), _rule(op), reach_of(rows, bias))
        runs = rows[:, None, :]
        depth = rows.shape[1]
        count = x.elements // depth
        weights = stored(op, runs, count)
        return Layer(
            invocations=(
                Invocation(
                    kernel="fully_connected",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output(), SCRATCH),
                    fields={
                        "matrix": {**matrix_fields(op, runs, scaling), **weights.fields(op)},
                        "count": count,
                        "depth": depth,
                    },
                ),
            ),
            constants=(*scaling.constants, *weights.constants, bias_constant(bias)),
            scratch=weights.scratch,
            reads_past=-depth % 4,
            defines={
                **scaling.defines,
                **weights.defines,
                **matrix_defines(runs, {count}),
            },
            spared=scaling.spared,
            saved=weights.saved,
        )


def _rows(op: Op) -> Ints:
    weights = op.constant(1)
    assert weights is not None, "problems() asked for it"
    return weights


def _rule(op: Op) -> Rule:
    return Rule.FLOAT32 if op.arithmetic == "xnnpack" else Rule.DOUBLE


class _FullyConnected16(Linear16):
    def layer(self, op: Op) -> Layer:
        rows, scaling = self.rows(op), self.scaling(op)
        bias, where = self.bias(op)
        runs, depth = rows[:, None, :], rows.shape[1]
        count = op.input(0).elements // depth
        matrix = {"weights": op.symbol("weights"), **where, "scaling": scaling.fields, **sizes16(runs)}
        return Layer(
            invocations=(
                Invocation(
                    kernel="fully_connected_int16",
                    shares=True,
                    arguments=(op.at_input(0), op.at_output()),
                    fields={"matrix": matrix, "count": count, "depth": depth},
                ),
            ),
            constants=(*scaling.constants, bias, packed16(runs)),
            reads_past=WORD * (-depth % 4),
            defines={**scaling.defines, **defines16(count, long=self.is_long(op))},
        )


KERNEL = ByType(_FullyConnected(), _FullyConnected16(rule_of))
