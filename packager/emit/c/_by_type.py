"""One operator, a kernel for each type of its activations."""

import dataclasses
from collections.abc import Iterator

from packager.emit.c._contract import Kernel, Layer, Op, Problem
from packager.ir import DType


@dataclasses.dataclass(frozen=True, slots=True)
class ByType:
    """Looks at the first input."""

    int8: Kernel
    """Also says what is wrong with any other type."""
    int16: Kernel

    def problems(self, op: Op) -> Iterator[Problem]:
        return self._kernel(op).problems(op)

    def layer(self, op: Op) -> Layer:
        return self._kernel(op).layer(op)

    def _kernel(self, op: Op) -> Kernel:
        return self.int16 if op.input(0).dtype is DType.INT16 else self.int8
