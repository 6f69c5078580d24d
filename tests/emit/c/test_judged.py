"""The tables that kernels are held to are LiteRT's integers, not only the interpreter's."""

import pytest
from emit.c.test_kernels import TABLES
from ops.judging import judge

ONE_ONLY = {("reductions", "sum"): "LiteRT's reference kernel reads int8 as uint8", ("lookups", "ELU"): "it has none"}
"""Cases without a judge for `integer`, and why."""


@pytest.mark.parametrize("table", TABLES)
def test_the_interpreter_gives_litert_its_integers(table: str) -> None:
    for name, model in TABLES[table].items():
        judge(model, arithmetics=("xnnpack",) if (table, name) in ONE_ONLY else ("integer", "xnnpack"))
