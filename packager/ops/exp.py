"""EXP: ``e^x``."""

import numpy as np

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._pointwise import applying

OP = OpDef(name="EXP", reference=applying(np.exp), types=frozenset({DType.FLOAT32, DType.INT8}), stacked=1)
