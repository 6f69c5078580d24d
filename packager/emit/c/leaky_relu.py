"""LEAKY_RELU: int8 by table."""

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import Op
from packager.emit.c._lookup import Lookup
from packager.emit.c._rescale import Rescale
from packager.ops._elementwise import ratio32
from packager.ops.leaky_relu import downwards


def _slopes(op: Op) -> tuple[float, float]:
    return ratio32(op.input(0).scale, op.output.scale), downwards(op.evaluation)


KERNEL = ByType(Lookup(), Rescale(_slopes))
