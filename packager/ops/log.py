"""LOG: natural logarithm. Of what is not positive, integers get the output's least."""

import numpy as np

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._pointwise import applying
from packager.ops._table import Real

_LEAST = -1e9
"""Under any output's range."""


def _log(x: Real) -> Real:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x)


def _log_of_integers(x: Real) -> Real:
    return np.where(x > 0, _log(x), _LEAST)


OP = OpDef(
    name="LOG", reference=applying(_log, _log_of_integers), types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1
)
