"""What is said of an operator without a kernel: what a model can be built of instead."""

import re

import pytest
from ops.judging import plain, unary

from packager.emit.c import unsupported
from packager.emit.c._find import kernel_names
from packager.emit.c._instead import INSTEAD
from packager.ir import DType, GraphBuilder


def test_what_is_named_instead_has_a_kernel_and_what_it_replaces_has_none() -> None:
    from ai_edge_litert import schema_py_generated

    known = set(kernel_names())
    assert not known & set(INSTEAD)
    for op, instead in INSTEAD.items():
        assert hasattr(schema_py_generated.BuiltinOperator, op)
        named = set(re.findall(r"[A-Z][A-Z0-9_]{2,}", instead))
        assert named
        assert named <= known, op


@pytest.mark.parametrize(
    ("op", "hint"),
    [
        ("L2_POOL_2D", "replace it by AVERAGE_POOL_2D or MAX_POOL_2D"),
        ("COS", "replace it by MUL and ADD, as a polynomial"),
        ("MULTINOMIAL", "nothing here replaces it: end the model before it with --cut-at"),
    ],
)
def test_the_hint_names_it(op: str, hint: str) -> None:
    for model in (plain(op, (1, 4, 4, 2)), unary(op, (1, 4, 4, 2))):
        (found,) = unsupported(model, "integer")
        assert found.message == "has no C kernel"
        assert found.where == f"{op} #0 '{op.lower()}_0'"
        assert hint in found.hint


def test_every_such_operator_is_named_at_once() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, unary("RELU", (1,)).input_types()[0].quant)
    y = b.op("WHERE", [x], (1, 4), dtype=DType.INT8, name="first")
    z = b.op("CUMSUM", [y], (1, 4), dtype=DType.INT8, name="second")
    assert [d.where for d in unsupported(b.model([z]), "integer")] == ["WHERE #0 'first'", "CUMSUM #1 'second'"]
