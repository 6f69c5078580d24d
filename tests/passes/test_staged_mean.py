from typing import Any

import numpy as np
import pytest
from passes.running import Q, apart, noise

from packager.ir import DType, GraphBuilder, Model
from packager.passes.staged_mean import StagedMean


def mean(*, keep_dims: bool, axes: tuple[int, ...] = (1, 2)) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 12, 20, 8), DType.INT8, Q)
    out = (1, 1, 1, 8) if keep_dims else (1, 8)
    axes_ = b.const(np.asarray(axes, np.int32))
    kind: dict[str, Any] = {"options": "ReducerOptions", "version": 2, "dtype": DType.INT8, "quant": Q}
    return b.model([b.op("MEAN", [x, axes_], out, name="y", keep_dims=keep_dims, **kind)])


@pytest.mark.parametrize("keep_dims", [True, False])
def test_a_large_mean_is_computed_in_two(*, keep_dims: bool) -> None:
    model = mean(keep_dims=keep_dims)
    ops, steps = apart(model, StagedMean(positions=100), noise((1, 12, 20, 8)))
    assert ops == ["MEAN", "MEAN", *([] if keep_dims else ["RESHAPE"])]
    assert steps <= 1
    (note,) = StagedMean(positions=100).apply(model).notes
    assert "up to 0.5 steps" in note.message


def test_what_fits_stays_and_so_does_what_would_not_fit_in_two() -> None:
    model = mean(keep_dims=True)
    assert not StagedMean(positions=240).apply(model).changed
    assert not StagedMean(positions=19).apply(model).changed
    assert not StagedMean(positions=100).apply(mean(keep_dims=True, axes=(1,))).changed
