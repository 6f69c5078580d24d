"""RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR against LiteRT."""

import itertools
from typing import Any

import numpy as np
import pytest
from ops.judging import judge, plain, unary

from packager.ir import DType

OPTIONS = {"RESIZE_BILINEAR": "ResizeBilinearOptions", "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions"}
RULES = [(False, False), (True, False), (False, True)]
SIZES = [((4, 4), (8, 8)), ((5, 3), (7, 11)), ((8, 8), (4, 4)), ((3, 3), (3, 3)), ((1, 1), (4, 5)), ((6, 5), (1, 1))]


@pytest.mark.parametrize("op", OPTIONS)
@pytest.mark.parametrize(("rule", "sizes"), list(itertools.product(RULES, SIZES)))
def test_resize(op: str, rule: tuple[bool, bool], sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    before, after = sizes
    rest: dict[str, Any] = {"consts": [np.asarray(after, np.int32)], "options": OPTIONS[op]}
    attrs: dict[str, Any] = {"align_corners": rule[0], "half_pixel_centers": rule[1]}
    shape, out = (1, *before, 3), (1, *after, 3)
    judge(unary(op, shape, out, x=(0.05, 3), y=(0.05, 3), **rest, **attrs))
    judge(plain(op, shape, out, **rest, **attrs))
    judge(unary(op, shape, out, dtype=DType.INT16, x=(0.001, 0), y=(0.001, 0), **rest, **attrs))
