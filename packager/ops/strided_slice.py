"""STRIDED_SLICE: numpy's slicing, its options as bit masks."""

from collections.abc import Sequence

from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    begin, end, strides = (present(value).tolist() for value in inputs[1:4])
    attrs, picks = call.attrs, []
    for i, step in enumerate(strides):
        bit = 1 << i
        if attrs["shrink_axis_mask"] & bit:
            picks.append(slice(begin[i], begin[i] + 1 or None))
            continue
        last = begin[i] + end[i] if attrs.get("offset") else end[i]
        start = None if attrs["begin_mask"] & bit else begin[i]
        picks.append(slice(start, None if attrs["end_mask"] & bit else last, step))
    return (x[tuple(picks)].reshape(call.output.dims),)


def objection(call: Call) -> str:
    if call.attrs["ellipsis_mask"] or call.attrs["new_axis_mask"]:
        return "an ellipsis or a new axis in its masks is not computed"
    return ""


OP = OpDef(name="STRIDED_SLICE", reference=reference, kind="move", types=frozenset(DType), objection=objection)
