"""What EdgePack knows of one operator: `OpDef`, and how it is found by name."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir import Graph, Node, TensorType

Array = npt.NDArray[Any]

ARITHMETICS = ("integer", "xnnpack")
"""``integer`` equals LiteRT's reference kernels, ``xnnpack`` LiteRT's default delegate; see `docs/numbers.md`."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One evaluation of an operator."""

    node: Node
    inputs: tuple[TensorType | None, ...]
    """Types in the node's order; None for an optional input left out."""
    outputs: tuple[TensorType, ...]
    arithmetic: str = "xnnpack"

    @property
    def attrs(self) -> Mapping[str, Any]:
        return self.node.attrs


def call_of(graph: Graph, node: Node, arithmetic: str = "xnnpack") -> Call:
    return Call(
        node=node,
        arithmetic=arithmetic,
        inputs=tuple(graph.type_of(t) if t >= 0 else None for t in node.inputs),
        outputs=tuple(graph.type_of(t) for t in node.outputs),
    )


def no_macs(call: Call) -> int:  # noqa: ARG001 - the signature of OpDef.macs
    return 0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OpDef:
    """All knowledge of one operator. A module `packager.ops.<name in lower case>` holds it as `OP`."""

    name: str
    """As in TFLite's schema: ``CONV_2D``."""
    reference: Callable[[Call, Sequence[Array | None]], tuple[Array, ...]]
    """Outputs from inputs, of the types in `Call`: float32 in float32, integers bit-exact in both arithmetics."""
    macs: Callable[[Call], int] = no_macs
    """Multiply-accumulates of one evaluation; 0 for operators that move or look up."""
    kind: str = "elementwise"
    """The class that latency is estimated by: ``conv``, ``pointwise``, ``depthwise``, ``dense``, ``elementwise``,
    ``pool``, ``move``."""


def as_array(value: npt.ArrayLike) -> Array:
    return np.asarray(value)
