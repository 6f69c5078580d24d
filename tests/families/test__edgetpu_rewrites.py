"""Operators are replaced where that lets more map, and only there."""

from typing import Any

import numpy as np
from passes.running import Q, litert, noise

from packager.config.edgetpu import load_edgetpu_compiler
from packager.families._edgetpu_rewrites import rewritten
from packager.figure import Place
from packager.ir import DType, GraphBuilder, Model
from packager.plan.edgetpu import predict_mapping

COMPILER = load_edgetpu_compiler("16.0")


def gated(*, broken: bool) -> Model:
    """LEAKY_RELU, then RELU; or behind an operator that can't map, so that nothing helps."""
    b = GraphBuilder()
    t = b.input("x", (1, 4, 4, 8), DType.INT8, Q)
    t = b.op("RELU", [t], (1, 4, 4, 8), dtype=DType.INT8, quant=Q, version=2)
    if broken:
        t = b.op("ELU", [t], (1, 4, 4, 8), dtype=DType.INT8, quant=Q)
    attrs: dict[str, Any] = {"options": "LeakyReluOptions", "alpha": 0.25}
    t = b.op("LEAKY_RELU", [t], (1, 4, 4, 8), dtype=DType.INT8, quant=Q, **attrs)
    return b.model([b.op("RELU", [t], (1, 4, 4, 8), dtype=DType.INT8, quant=Q, version=2)])


def test_an_operator_that_cannot_map_is_replaced_by_some_that_can() -> None:
    model = gated(broken=False)
    assert predict_mapping(model, COMPILER).count(Place.TPU) == 1
    found, (note,) = rewritten(model, COMPILER, float_edges=False)
    assert predict_mapping(found, COMPILER).count(Place.TPU) == 3
    assert note.message.startswith("computed by PRELU")
    x = noise((1, 4, 4, 8))
    (before,), (after,) = litert(model, x), litert(found, x)
    assert int(np.abs(before.astype(int) - after).max()) <= 1


def test_nothing_is_replaced_for_nothing() -> None:
    model = gated(broken=True)
    found, notes = rewritten(model, COMPILER, float_edges=False)
    assert found is model
    assert notes == ()
