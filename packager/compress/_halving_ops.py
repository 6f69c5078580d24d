"""What operators do where an activation that they read or make loses every second position along one dimension."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np

from packager.compress._grids import AXES
from packager.compress._positions import Change, Place, Rule, halved, shorter, with_attrs
from packager.ir import Node, Padding
from packager.ops import call_of, find_op
from packager.ops._windows import axis_of


class Sliding:
    """A convolution: its stride doubles where its output alone loses positions, and halves where its input does."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        if t in place.node.outputs:
            return ()
        small = place.size(place.node.inputs[1]) == 1
        if t != place.node.inputs[0] or not (small or place.node.attrs["padding"] == Padding.SAME):
            raise place.unfit
        return () if place.attr("stride") == 2 else place.node.outputs

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> Change:
        stride, dilation = place.attr("stride"), place.attr("dilation")
        source, made = (t in region for t in (place.node.inputs[0], place.node.outputs[0]))
        if not source:
            return self._longer(place, stride, dilation)
        # Taps that stood two positions apart stand next to each other now; others reach twice as far as they did.
        nearer = {"dilation": dilation // 2} if dilation % 2 == 0 else {}
        if not made:
            return Change(place.with_attrs({"stride": 1, **nearer}), 0)
        if stride != 1:
            raise place.unfit
        return Change(place.with_attrs(nearer), firsts[place.node.inputs[0]])

    def _longer(self, place: Place, stride: int, dilation: int) -> Change:
        """Take each second step: step ``i`` looks at what step ``2 i + first`` did.

        `first` is not always 0, for `Padding.SAME` pads in front by half of what the last step lacks, and that is less
        with a longer stride. Where no whole step makes up for it, no earlier step looked there.
        """
        if dilation != 1:
            raise place.unfit
        length, taps = place.size(place.node.inputs[0]), place.size(place.node.inputs[1])
        padding = place.node.attrs["padding"]
        before, after = (axis_of(length, taps, s, 1, padding) for s in (stride, 2 * stride))
        first, between = divmod(before.before - after.before, stride)
        last = first + 2 * (after.steps - 1)
        if between or not 0 <= first <= 1 or last >= before.steps:
            raise place.unfit
        return Change(place.with_attrs({"stride": 2 * stride}), first)


class Gathering:
    """A mean or a maximum over the whole dimension: of fewer positions it is an estimate of what it was."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        if t in place.node.outputs or not self._whole(place, t):
            raise place.unfit
        return ()

    def _whole(self, place: Place, t: int) -> bool:
        """Whether one number comes of all positions."""
        node, rank = place.node, len(place.graph.type_of(t).dims)
        if len(node.inputs) == 1:  # a pool
            return place.size(node.outputs[0]) == 1 and node.attrs[f"filter_{place.axis}"] >= place.size(t)
        axes = place.graph.tensors[node.inputs[1]].data
        return axes is not None and rank + AXES[place.axis] in {int(axis) % rank for axis in axes.flat}

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> Change:  # noqa: ARG002
        filter_ = f"filter_{place.axis}"
        if filter_ not in place.node.attrs:
            return Change(place.node, 0)
        return Change(with_attrs(place.node, {filter_: halved(place.size(place.node.inputs[0]))}), 0)


class Alike:
    """Position by position: all that it reads and makes loses the same ones, or has but one."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        node, size, rank = place.node, place.size(t), len(place.graph.type_of(t).dims)
        around = [i for i in (*node.inputs, *node.outputs) if i >= 0 and place.size(i) != 1]
        if any(place.size(i) != size or place.graph.tensors[i].is_constant for i in around):
            raise place.unfit
        if node.attrs.get("axis", -1) % rank == rank + AXES[place.axis]:
            raise place.unfit
        return around

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> Change:
        found = {firsts[t] for t in place.node.inputs if t in region}
        if len(found) != 1:
            raise place.unfit
        return Change(place.node, found.pop())


class Reshaping:
    """Dimensions of 1 come or go in front, as behind a one-dimensional convolution; what lies inside stays."""

    def alike(self, place: Place, t: int) -> Iterable[int]:  # noqa: ARG002 - as Rule.alike
        around = (place.node.inputs[0], place.node.outputs[0])
        inner = {place.graph.type_of(each).dims[AXES[place.axis] :] for each in around}
        if len(inner) != 1 or not all(self._is_own(place, shape) for shape in self._shapes(place)):
            raise place.unfit
        return around

    def _shapes(self, place: Place) -> Sequence[int]:
        """The input that holds the new shape, if any."""
        return place.node.inputs[1:] if place.node.op == "RESHAPE" else ()

    def _is_own(self, place: Place, shape: int) -> bool:
        graph = place.graph
        return graph.tensors[shape].is_constant and graph.consumers()[shape] == (place.index,)

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> Change:  # noqa: ARG002
        node, dims = place.node, shorter(place.graph.type_of(place.node.outputs[0]).dims, place.axis)
        named = {"new_shape": dims} if "new_shape" in node.attrs else {}
        constants = {shape: np.array(dims, np.int32) for shape in self._shapes(place)}
        return Change(with_attrs(node, named), firsts[node.inputs[0]], constants)


_RULES: Mapping[str, Rule] = {
    "CONV_2D": Sliding(),
    "DEPTHWISE_CONV_2D": Sliding(),
    "MEAN": Gathering(),
    "REDUCE_MAX": Gathering(),
    "AVERAGE_POOL_2D": Gathering(),
    "MAX_POOL_2D": Gathering(),
    "CONCATENATION": Alike(),
    "RESHAPE": Reshaping(),
    "SQUEEZE": Reshaping(),
    "EXPAND_DIMS": Reshaping(),
}


def slides(node: Node) -> bool:
    """Whether an operator can take a longer stride."""
    return isinstance(_RULES.get(node.op), Sliding)


def rule_of(place: Place) -> Rule:
    """Raises: Unfit where positions can't be told behind the operator."""
    node = place.node
    if node.op in _RULES:
        return _RULES[node.op]
    op = find_op(node.op)
    if op is None or op.kind_of(call_of(place.graph, node)) != "elementwise":
        raise place.unfit
    return Alike()
