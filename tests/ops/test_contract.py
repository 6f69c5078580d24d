"""What holds of every operator module, whoever adds one."""

import importlib
from pathlib import Path

import pytest

import packager.ops
from packager.ops import ARITHMETICS, OpDef, find_op

FOLDER = Path(packager.ops.__file__).parent
MODULES = sorted(p.stem for p in FOLDER.glob("*.py") if not p.stem.startswith("_"))
KINDS = {"conv", "pointwise", "depthwise", "dense", "elementwise", "pool", "move"}


@pytest.mark.parametrize("module", MODULES)
def test_a_module_bears_its_operators_name(module: str) -> None:
    op: OpDef = importlib.import_module(f"packager.ops.{module}").OP
    assert op.name == module.upper()
    assert callable(op.kind) or op.kind in KINDS
    assert set(op.inexact) <= set(ARITHMETICS)
    assert op.types
    assert find_op(op.name) is op


@pytest.mark.parametrize("module", MODULES)
def test_the_schema_knows_the_operator(module: str) -> None:
    from ai_edge_litert import schema_py_generated

    assert hasattr(schema_py_generated.BuiltinOperator, module.upper())


@pytest.mark.parametrize("module", MODULES)
def test_every_operator_is_judged_somewhere(module: str) -> None:
    here = Path(__file__)
    sources = [p.read_text("utf-8") for p in here.parent.glob("*.py") if p != here]
    assert any(f'"{module.upper()}"' in source for source in sources), f"nothing runs {module.upper()} against LiteRT"
