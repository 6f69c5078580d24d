"""GATHER: pick slices along an axis by index."""

from collections.abc import Sequence

import numpy as np

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x, indices = present(inputs[0]), present(inputs[1])
    axis, batch = call.attrs["axis"], call.attrs.get("batch_dims") or 0
    axis += x.ndim if axis < 0 else 0
    if batch:
        flat = x.reshape(-1, *x.shape[batch:])
        picks = indices.reshape(-1, *indices.shape[batch:])
        parts = [np.take(one, pick, axis=axis - batch) for one, pick in zip(flat, picks, strict=True)]
        return (np.stack(parts).reshape(call.output.dims),)
    return (np.take(x, indices, axis=axis),)


OP = OpDef(name="GATHER", reference=reference, kind="move", types=frozenset(DType))
