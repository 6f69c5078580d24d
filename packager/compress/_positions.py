"""Where positions may be left out along one dimension, and the contract of the rules that say so for an operator."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from packager.compress._grids import AXES, Array
from packager.ir import Graph, Node


class Unfit(Exception):  # noqa: N818 - it tells where something can't be done, and is caught there
    """Positions can't be left out, because of what the text names; empty where there are none to leave out."""


class Change(NamedTuple):
    """What becomes of an operator."""

    node: Node
    first: int
    """Which position of its output, counted as before, is the first that is left."""
    constants: Mapping[int, Array] = MappingProxyType({})
    """Inputs of it that change too."""


def size_of(graph: Graph, t: int, axis: str) -> int:
    """How long a tensor is in height or width; 1 where it has no such dimension, counted from the last."""
    dims = graph.type_of(t).dims
    return dims[AXES[axis]] if len(dims) >= -AXES[axis] else 1


def halved(count: int) -> int:
    """How many of so many positions are left."""
    return -(-count // 2)


def shorter(dims: Sequence[int], axis: str) -> tuple[int, ...]:
    """A shape with half of the positions."""
    at = len(dims) + AXES[axis]
    return (*dims[:at], halved(dims[at]), *dims[at + 1 :])


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Place:
    """An operator, and the dimension that loses positions."""

    graph: Graph
    index: int
    axis: str

    @property
    def node(self) -> Node:
        return self.graph.nodes[self.index]

    @property
    def unfit(self) -> Unfit:
        """That this operator needs every position."""
        return Unfit(self.graph.where(self.index))

    def size(self, t: int) -> int:
        return size_of(self.graph, t, self.axis)

    def attr(self, name: str) -> int:
        """An option that there is for either dimension: ``stride`` for ``stride_h`` or ``stride_w``."""
        return int(self.node.attrs.get(self._key(name), 1))

    def with_attrs(self, changed: Mapping[str, int]) -> Node:
        """The operator with other values of such options."""
        return with_attrs(self.node, {self._key(name): value for name, value in changed.items()})

    def _key(self, name: str) -> str:
        """TFLite's name of it: ``stride_h``, but ``dilation_h_factor``."""
        key = f"{name}_{self.axis[0]}"
        return key if key in self.node.attrs else f"{key}_factor"


def with_attrs(node: Node, changed: Mapping[str, Any]) -> Node:
    return dataclasses.replace(node, attrs=MappingProxyType({**node.attrs, **changed}))


class Rule(Protocol):
    """How positions pass an operator."""

    def alike(self, place: Place, t: int) -> Iterable[int]:
        """Which of its activations lose positions because tensor `t` does.

        Raises:
            Unfit: it can't be.
        """
        ...

    def changed(self, place: Place, firsts: Mapping[int, int], region: Collection[int]) -> Change:
        """The operator as it is then.

        Args:
            place: Of it.
            firsts: The first position that is left, of activations before it.
            region: All tensors that lose positions.

        Raises:
            Unfit: it can't be.
        """
        ...
