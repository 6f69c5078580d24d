"""STRIDED_SLICE: where it begins and ends along each dimension, its options as bit masks."""

from collections.abc import Mapping, Sequence
from typing import Any

from packager.errors import UnsupportedError
from packager.ir import DType
from packager.ops._contract import Array, Call, OpDef, present


def reference(call: Call, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    x = present(inputs[0])
    begin, end, strides = (present(value).tolist() for value in inputs[1:4])
    spans = [
        span_of(call.attrs, axis, size, *given)
        for axis, (size, given) in enumerate(zip(x.shape, zip(begin, end, strides, strict=True), strict=False))
    ]
    return (x[tuple(spans)].reshape(call.output.dims),)


def span_of(attrs: Mapping[str, Any], axis: int, size: int, begin: int, end: int, stride: int) -> slice:
    """What LiteRT takes of a dimension of `size` elements.

    A mask on the beginning holds for a dropped dimension too, and moves what `offset` counts the end from.

    Raises:
        UnsupportedError: a dropped dimension's only element lies outside, which LiteRT reads all the same.
    """
    bit, first = 1 << axis, begin + size if begin < 0 else begin
    if attrs["begin_mask"] & bit:
        first = 0 if stride > 0 else size - 1
    if attrs["shrink_axis_mask"] & bit:
        if stride < 0 or not 0 <= first < size:
            raise UnsupportedError(
                f"STRIDED_SLICE takes element {begin} by steps of {stride} of dimension {axis}, which has {size}",
                hint="LiteRT reads outside of the tensor there: mend the model's indices",
            )
        return slice(first, first + 1)
    # None for before the first element, which numpy can't say otherwise.
    lowest, highest = (0, size) if stride > 0 else (-1, size - 1)
    first = min(max(first, lowest), highest)
    if attrs.get("offset"):
        last = first + end
    elif attrs["end_mask"] & bit:
        last = highest if stride > 0 else lowest
    else:
        last = end + size if end < 0 else end
    last = min(max(last, lowest), highest)
    return slice(first, None if last < 0 else last, stride) if first >= 0 else slice(0, 0)


def objection(call: Call) -> str:
    if call.attrs["ellipsis_mask"] or call.attrs["new_axis_mask"]:
        return "an ellipsis or a new axis in its masks is not computed"
    if call.attrs.get("offset") and call.attrs["end_mask"]:
        return "its end counts from the beginning and is masked, on which LiteRT's kernels disagree"
    return ""


OP = OpDef(name="STRIDED_SLICE", reference=reference, kind="move", types=frozenset(DType), objection=objection)
