"""MIRROR_PAD: pad with a reflection of the border."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType, MirrorMode
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    edges = [(int(before), int(after)) for before, after in present(inputs[1])]
    symmetric = call.attrs["mode"] == MirrorMode.SYMMETRIC
    padded: Array = np.pad(present(inputs[0]), edges, mode="symmetric" if symmetric else "reflect")
    return (padded,)


OP = OpDef(name="MIRROR_PAD", reference=reference, kind="move", types=frozenset(DType))
