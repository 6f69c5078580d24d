"""What operators do where an activation that they read or make loses every second position along one dimension."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

from packager.compress._grids import AXES
from packager.ir import Graph, Node, Padding
from packager.ops import call_of, find_op
from packager.ops._windows import axis_of


class Unfit(Exception):  # noqa: N818 - it tells where something can't be done, and is caught there
    """Positions can't be left out there."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Place:
    """An operator, and the dimension that loses positions."""

    graph: Graph
    index: int
    axis: str

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.index]

    def size(self, t: int) -> int:
        """How long a tensor is there; 1 where it has no such dimension, counted from the last."""
        dims = self.graph.type_of(t).dims
        return dims[AXES[self.axis] - 4] if len(dims) > 3 - AXES[self.axis] else 1

    def attr(self, name: str) -> int:
        """An option that there is for either dimension, by the part of its name that both have."""
        return int(self.node.attrs.get(self._key(name), 1))

    def with_attrs(self, changed: Mapping[str, int]) -> Node:
        """The operator with other values of such options."""
        named = {self._key(name): value for name, value in changed.items()}
        return dataclasses.replace(self.node, attrs=MappingProxyType({**self.node.attrs, **named}))

    def _key(self, name: str) -> str:
        key = f"{name}_{self.axis[0]}"
        return key if key in self.node.attrs else f"{key}_factor"


class Rule(Protocol):
    """How positions pass an operator."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        """Which of its activations lose positions because tensor `t` does.

        Raises:
            Unfit: it can't be.
        """
        ...

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> tuple[Node, int]:
        """The operator as it is then, and which position of its output is the first that is left.

        Args:
            place: Of it.
            firsts: The same of activations before it.
            region: All tensors that lose positions.

        Raises:
            Unfit: it can't be.
        """
        ...


class Sliding:
    """A convolution: its stride doubles where its output alone loses positions, and halves where its input does."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        if t in place.node.outputs:
            return ()
        small = place.size(place.node.inputs[1]) == 1
        if t != place.node.inputs[0] or not (small or place.node.attrs["padding"] == Padding.SAME):
            raise Unfit
        return () if place.attr("stride") == 2 else place.node.outputs

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> tuple[Node, int]:
        stride, dilation = place.attr("stride"), place.attr("dilation")
        source, made = (t in region for t in (place.node.inputs[0], place.node.outputs[0]))
        if not source:
            return self._longer(place, stride, dilation)
        # Taps that stood two positions apart stand next to each other now; others reach twice as far as they did.
        nearer = {"dilation": dilation // 2} if dilation % 2 == 0 else {}
        if not made:
            return place.with_attrs({"stride": 1, **nearer}), 0
        if stride != 1:
            raise Unfit
        return (place.with_attrs(nearer) if nearer else place.node), firsts[place.node.inputs[0]]

    def _longer(self, place: Place, stride: int, dilation: int) -> tuple[Node, int]:
        """Take each second step; TFLite's padding may move all windows by one step of before."""
        if dilation != 1:
            raise Unfit
        length, taps = place.size(place.node.inputs[0]), place.size(place.node.inputs[1])
        padding = place.node.attrs["padding"]
        before, after = (axis_of(length, taps, s, 1, padding) for s in (stride, 2 * stride))
        first, between = divmod(before.before - after.before, stride)
        last = first + 2 * (after.steps - 1)
        if between or not 0 <= first <= 1 or last >= before.steps:
            raise Unfit
        return place.with_attrs({"stride": 2 * stride}), first


class Gathering:
    """A mean or a maximum over the whole dimension: of fewer positions it is an estimate of what it was."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        if t in place.node.outputs or any(place.size(made) != 1 for made in place.node.outputs):
            raise Unfit
        if place.node.attrs.get(f"filter_{place.axis}", place.size(t)) < place.size(t):
            raise Unfit
        return ()

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> tuple[Node, int]:  # noqa: ARG002
        filter_ = f"filter_{place.axis}"
        if filter_ not in place.node.attrs:
            return place.node, 0
        half = -(-place.size(place.node.inputs[0]) // 2)
        attrs = {**place.node.attrs, filter_: half}
        return dataclasses.replace(place.node, attrs=MappingProxyType(attrs)), 0


class Alike:
    """Position by position: all that it reads and makes loses the same ones, or has but one."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        node, size = place.node, place.size(t)
        around = [i for i in (*node.inputs, *node.outputs) if i >= 0 and place.size(i) != 1]
        if any(place.size(i) != size or place.graph.tensors[i].is_constant for i in around):
            raise Unfit
        if node.attrs.get("axis", 3) % 4 == AXES[place.axis]:
            raise Unfit
        return around

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> tuple[Node, int]:
        found = {firsts[t] for t in place.node.inputs if t in region}
        if len(found) != 1:
            raise Unfit
        return place.node, found.pop()


_RULES: Mapping[str, Rule] = {
    "CONV_2D": Sliding(),
    "DEPTHWISE_CONV_2D": Sliding(),
    "MEAN": Gathering(),
    "REDUCE_MAX": Gathering(),
    "AVERAGE_POOL_2D": Gathering(),
    "MAX_POOL_2D": Gathering(),
    "CONCATENATION": Alike(),
}


def slides(node: Node) -> bool:
    """Whether an operator can take a longer stride."""
    return isinstance(_RULES.get(node.op), Sliding)


def rule_of(graph: Graph, node: Node) -> Rule:
    """Raises: Unfit where positions can't be told behind the operator."""
    if node.op in _RULES:
        return _RULES[node.op]
    op = find_op(node.op)
    if op is None or op.kind_of(call_of(graph, node)) != "elementwise":
        raise Unfit
    return Alike()
