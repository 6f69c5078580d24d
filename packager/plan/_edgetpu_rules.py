"""Conditions under which the Edge TPU compiler maps an operator; each named in `targets/edgetpu/*.toml`.

A rule takes a `Subject` and returns None where it holds, else a `Finding`.
"""

import dataclasses
import enum
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir import ABSENT, Activation, Graph, Node, TensorType


class Status(enum.StrEnum):
    """The compiler's own words."""

    MAPPED = "Mapped to Edge TPU"
    SECOND_SUBGRAPH = "More than one subgraph is not supported"
    UNSPECIFIED = "Operation is otherwise supported, but not mapped due to some unspecified limitation"
    DATA_TYPE = "Operation is working on an unsupported data type"
    UNSUPPORTED = "Operation not supported"
    RANK = "Tensor has unsupported rank (up to 3 innermost dimensions mapped)"
    NOT_CONSTANT = "Filter, bias, or other param is not constant at compile-time"
    VERSION = "Operation version not supported"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Why an operator does not map, or may not."""

    status: Status
    why: str
    certain: bool = True
    likely_maps: bool = False
    """The better guess where nothing is certain."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    graph: Graph
    node: Node
    limits: Mapping[str, tuple[int, ...]]

    def input(self, position: int) -> TensorType:
        return self.graph.type_of(self.node.inputs[position])

    @property
    def output(self) -> TensorType:
        return self.graph.type_of(self.node.outputs[0])

    def constant(self, position: int) -> npt.NDArray[Any] | None:
        if position >= len(self.node.inputs) or self.node.inputs[position] == ABSENT:
            return None
        return self.graph.tensors[self.node.inputs[position]].data

    def axes(self) -> set[int]:
        """The reduced dimensions, counted from the first; a missing list means all."""
        rank, axes = len(self.input(0).dims), self.constant(1)
        return set(range(rank)) if axes is None else {int(a) % max(rank, 1) for a in np.ravel(axes)}


Rule = Callable[[Subject], Finding | None]


def rule_named(name: str) -> Rule:
    """Return the function of this module that a table names."""
    rule: Rule = globals()[name]
    return rule


def no_fused_activation(subject: Subject) -> Finding | None:
    fused = subject.node.attrs.get("fused_activation_function") or Activation.NONE
    return None if fused == Activation.NONE else _refused(f"it has a fused {Activation(fused).name}")


def same_dilation(subject: Subject) -> Finding | None:
    across, down = (subject.node.attrs.get(f"dilation_{d}_factor") or 1 for d in "wh")
    return None if across == down else _refused(f"it dilates by {down}x{across}; both must be equal")


def default_weights(subject: Subject) -> Finding | None:
    return _refused("its weights are shuffled") if subject.node.attrs.get("weights_format") else None


def per_tensor_weights(subject: Subject) -> Finding | None:
    quant = subject.input(1).quant
    if quant is None or not quant.is_per_channel:
        return None
    return _open("its weights have a scale per output; only one for all was ever seen", likely_maps=False)


def row_output(subject: Subject) -> Finding | None:
    dims = subject.output.dims
    if math.prod(dims[:-1]) <= 1:
        return None
    return _refused(f"its output is {'x'.join(map(str, dims))}; only one row maps")


def zero_constant(subject: Subject) -> Finding | None:
    data = [subject.constant(i) for i in range(len(subject.node.inputs))]
    constants = [d for d in data if d is not None]
    zeros = all(_is_real_zero(subject, i) for i, d in enumerate(data) if d is not None)
    if not constants or (len(data) == 2 and zeros):
        return None
    return _refused("it joins a constant; only one of all zeros beside one other input maps")


def _is_real_zero(subject: Subject, position: int) -> bool:
    quant, data = subject.input(position).quant, subject.constant(position)
    zero = quant.zero_point[0] if quant and quant.zero_point else 0
    return bool(np.all(data == zero))


def keeps_batch(subject: Subject) -> Finding | None:
    dims = subject.input(0).dims
    return _refused("it reduces the batch") if 0 in subject.axes() and len(dims) > 1 and dims[0] > 1 else None


def depth_in_fours(subject: Subject) -> Finding | None:
    dims = subject.input(0).dims
    last = len(dims) - 1
    if last not in subject.axes() or dims[last] % 4 == 0:
        return None
    return _refused(f"it reduces {dims[last]} channels; their number must be a multiple of 4")


def pads_inside(subject: Subject) -> Finding | None:
    pads = subject.constant(1)
    outside = pads is not None and len(pads) > 3 and bool(np.any(pads[:-3]))
    return _refused("it pads the batch") if outside else None


def packs_inside(subject: Subject) -> Finding | None:
    return _refused("it packs along the batch") if subject.node.attrs.get("axis", 0) == 0 else None


def splits_inside(subject: Subject) -> Finding | None:
    axis, dims = subject.constant(0), subject.input(1).dims
    outer = axis is not None and int(np.ravel(axis)[0]) in (0, -len(dims))
    # A batch of 1 split into one part, as in YAMNet, maps.
    return _refused("it splits the batch") if outer and len(dims) > 1 and dims[0] > 1 else None


def shared_alpha(subject: Subject) -> Finding | None:
    dims = subject.input(1).dims
    return _refused(f"its slopes are {list(dims)}; one per channel maps") if math.prod(dims[:-1]) > 1 else None


def leading_ones(subject: Subject) -> Finding | None:
    before, after = subject.input(0).dims, subject.output.dims
    kept = before[len(before) - len(after) :] if after else ()
    return None if kept == after else _refused("it drops a dimension that is not in front")


def plain_slice(subject: Subject) -> Finding | None:
    strides = subject.constant(3)
    if strides is not None and np.any(strides != 1):
        return _refused(f"its strides are {strides.tolist()}; only 1 maps")
    odd = [mask for mask in ("ellipsis_mask", "new_axis_mask") if subject.node.attrs.get(mask)]
    return _refused(f"its {odd[0]} is set") if odd else None


def softmax_size(subject: Subject) -> Finding | None:
    return _sized(subject, "softmax_row", subject.input(0).dims[-1], "elements in a row")


def transpose_size(subject: Subject) -> Finding | None:
    return _sized(subject, "transpose_elements", subject.input(0).elements, "elements")


def reshape_size(subject: Subject) -> Finding | None:
    return _sized(subject, "reshape_elements", subject.input(0).elements, "elements")


def mean_size(subject: Subject) -> Finding | None:
    dims = subject.input(0).dims
    return _sized(subject, "mean_positions", math.prod(dims[a] for a in subject.axes()), "averaged values")


def resize_size(subject: Subject) -> Finding | None:
    before, after = subject.input(0).dims[1:3], subject.output.dims[1:3]
    factor = math.ceil(max(max(a / b, b / a) for a, b in zip(after, before, strict=True)))
    return _sized(subject, "resize_factor", factor, "times the size") or _sized(
        subject, "resize_edge", max(after), "pixels along an edge"
    )


def _sized(subject: Subject, limit: str, size: int, what: str) -> Finding | None:
    """Compare a size with the two ends of the evidence; between them the nearer end, by ratio, is the better guess."""
    mapped, *refused = subject.limits[limit]
    if size <= mapped:
        return None
    if not refused:
        return _open(f"{size} {what}; of more than {mapped} nothing is known", likely_maps=True)
    if size >= refused[0]:
        return _refused(f"{size} {what}; {mapped} were seen to map, {refused[0]} were not")
    why = f"{size} {what}, between {mapped}, which map, and {refused[0]}, which do not"
    return _open(why, likely_maps=size * size <= mapped * refused[0])


def _open(why: str, *, likely_maps: bool) -> Finding:
    return Finding(status=Status.UNSPECIFIED, why=why, certain=False, likely_maps=likely_maps)


def _refused(why: str) -> Finding:
    return Finding(status=Status.UNSPECIFIED, why=why)
