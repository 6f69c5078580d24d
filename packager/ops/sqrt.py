"""SQRT: square root."""

import numpy as np

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._pointwise import applying

OP = OpDef(name="SQRT", reference=applying(np.sqrt), types=frozenset({DType.FLOAT32}), stacked=1)
