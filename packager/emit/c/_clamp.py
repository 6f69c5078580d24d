"""RELU and RELU6: by table, or rescaled and clamped."""

from packager.emit.c._by_type import ByType
from packager.emit.c._contract import Op
from packager.emit.c._lookup import Lookup
from packager.emit.c._rescale import Rescale
from packager.ir import Activation
from packager.ops._elementwise import ratio32


def clamp_of(activation: Activation) -> ByType:
    """The kernel of a clamp as an operator of its own."""
    return ByType(Lookup(), Rescale(_slopes, activation))


def _slopes(op: Op) -> tuple[float, float]:
    ratio = ratio32(op.input(0).scale, op.output.scale)
    return ratio, ratio
