"""SQUARE: ``x * x``."""

import numpy as np

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._pointwise import applying

OP = OpDef(name="SQUARE", reference=applying(np.square), types=frozenset({DType.FLOAT32}), stacked=1)
