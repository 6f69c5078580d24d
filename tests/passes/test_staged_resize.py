from typing import Any

import numpy as np
import pytest
from passes.running import Q, apart, noise

from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.passes.staged_resize import StagedResize

NEAREST, BILINEAR = "RESIZE_NEAREST_NEIGHBOR", "RESIZE_BILINEAR"
OPTIONS = {NEAREST: "ResizeNearestNeighborOptions", BILINEAR: "ResizeBilinearOptions"}


def resize(op: str, before: tuple[int, int], after: tuple[int, int], quant: QuantParams = Q, **attrs: Any) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, *before, 3), DType.INT8, Q)
    size = b.const(np.asarray(after, np.int32))
    kind: dict[str, Any] = {"options": OPTIONS[op], "version": 2, "dtype": DType.INT8, "quant": quant}
    return b.model([b.op(op, [x, size], (1, *after, 3), name="y", **kind, **attrs)])


@pytest.mark.parametrize(
    ("op", "before", "after", "steps"),
    [
        (NEAREST, (3, 5), (12, 20), 2),
        (NEAREST, (3, 5), (24, 10), 3),
        (NEAREST, (1, 1), (9, 7), 4),
        (BILINEAR, (1, 1), (33, 33), 6),
    ],
)
def test_copies_stay_copies_in_steps_of_two(
    op: str, before: tuple[int, int], after: tuple[int, int], steps: int
) -> None:
    found = apart(resize(op, before, after), StagedResize(factor=2), noise((1, *before, 3)))
    assert found == ([NEAREST] * steps, 0)


def test_what_would_change_numbers_stays() -> None:
    step = StagedResize(factor=2)
    assert not step.apply(resize(BILINEAR, (3, 3), (12, 12))).changed
    assert not step.apply(resize(NEAREST, (3, 3), (10, 10))).changed
    assert not step.apply(resize(NEAREST, (3, 3), (12, 12), align_corners=True)).changed
    assert not step.apply(resize(NEAREST, (3, 3), (6, 6))).changed
    assert not step.apply(resize(NEAREST, (3, 3), (12, 12), QuantParams.per_tensor(0.1, 0))).changed
