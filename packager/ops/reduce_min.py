"""REDUCE_MIN: the smallest element over axes."""

import numpy as np

from packager.ir import DType
from packager.ops._contract import OpDef
from packager.ops._reduction import TYPES, extreme

OP = OpDef(name="REDUCE_MIN", reference=extreme(np.min), kind="pool", types=TYPES | {DType.INT32, DType.INT64})
