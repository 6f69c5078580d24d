"""Real functions of one variable as operators: numpy on float32, a table on integers."""

from collections.abc import Callable, Sequence

import numpy as np

from packager.ops._contract import Array, Call, present
from packager.ops._table import Function, look_up


def applying(
    function: Function, of_integers: Function | None = None
) -> Callable[[Call, Sequence[Array | None]], tuple[Array, ...]]:
    """The reference of a function that XNNPACK takes in float only: integers are LiteRT's own table in both.

    `of_integers` is tabulated in its place, where LiteRT's table leaves the function's own domain.
    """

    def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
        x = present(inputs[0])
        if call.input(0).dtype.is_float:
            return (function(x.astype(np.float64)).astype(np.float32),)
        return (look_up(call, x, of_integers or function, arithmetic="integer"),)

    return reference
