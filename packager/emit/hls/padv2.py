"""PADV2: a given value around its input."""

from packager.emit.hls._contract import Op
from packager.emit.hls._rearranged import Rearranged


class _PadV2(Rearranged):
    def fill(self, op: Op) -> int:
        value = op.constant(2)
        assert value is not None, "problems() came first"
        return int(value.reshape(()))


LAYER = _PadV2()
