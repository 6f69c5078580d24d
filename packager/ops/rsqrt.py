"""RSQRT: reciprocal of the square root."""

import numpy as np

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._pointwise import applying

OP = OpDef(name="RSQRT", reference=applying(lambda x: 1 / np.sqrt(x)), types=frozenset({DType.FLOAT32}), stacked=1)
