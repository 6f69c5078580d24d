"""What EdgePack knows of one operator: `OpDef`, and how it is found by name."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import UnsupportedError
from packager.ir import DType, Graph, Node, TensorType

Array = npt.NDArray[Any]

ARITHMETICS = ("integer", "xnnpack")
"""``integer`` equals LiteRT's reference kernels, ``xnnpack`` LiteRT's default delegate; see `docs/numbers.md`."""
FAST17 = "fast17"
"""``integer``, but for sums of products: scaled by 17 bits, rounded once. Of no engine's own; for hardware alone."""

MISFITS = (ArithmeticError, LookupError, ValueError)
"""What computing an operator ends in where the shapes, constants or options of a file contradict each other.

An assertion that fails is a fault of ours, and none of them."""


def misfit(where: str, error: Exception) -> UnsupportedError:
    """What to raise instead of one of `MISFITS`, `where` being the operator's place."""
    return UnsupportedError(
        f"{where}: its inputs, options and outputs do not fit together: {error}",
        hint="the file's shapes, constants or options are wrong: convert the model anew",
    )


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One evaluation of an operator."""

    node: Node
    inputs: tuple[TensorType | None, ...]
    """Types in the node's order; None for an optional input left out."""
    outputs: tuple[TensorType, ...]
    arithmetic: str = "xnnpack"
    intermediates: tuple[TensorType, ...] = ()
    """Types of what an operator computes within, where the file says them: the hidden state of an LSTM."""

    @property
    def attrs(self) -> Mapping[str, Any]:
        return self.node.attrs

    @property
    def output(self) -> TensorType:
        """The type of the first output."""
        return self.outputs[0]

    def input(self, position: int) -> TensorType:
        """The type of an input that the operator can't do without.

        Raises:
            ValueError: the file leaves it out.
        """
        found = self.inputs[position]
        if found is None:
            raise ValueError(f"{self.node.op} has no input {position}")
        return found


def call_of(graph: Graph, node: Node, arithmetic: str = "xnnpack") -> Call:
    return Call(
        node=node,
        arithmetic=arithmetic,
        inputs=tuple(graph.type_of(t) if t >= 0 else None for t in node.inputs),
        outputs=tuple(graph.type_of(t) for t in node.outputs),
        intermediates=tuple(graph.type_of(t) for t in node.intermediates),
    )


def no_macs(call: Call) -> int:  # noqa: ARG001 - the signature of OpDef.macs
    return 0


def no_objection(call: Call) -> str:  # noqa: ARG001 - the signature of OpDef.objection
    return ""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class OpDef:
    """All knowledge of one operator. A module `packager.ops.<name in lower case>` holds it as `OP`."""

    name: str
    """As in TFLite's schema: ``CONV_2D``."""
    reference: Callable[[Call, Sequence[Array | None]], tuple[Array, ...]]
    """Outputs from inputs, of the types in `Call`: float32 in float32, integers bit-exact in both arithmetics."""
    macs: Callable[[Call], int] = no_macs
    """Multiply-accumulates of one evaluation; 0 for operators that move or look up."""
    kind: str | Callable[[Call], str] = "elementwise"
    """The class that latency is estimated by, or what tells it from a call; read it through `kind_of`."""
    types: frozenset[DType] = frozenset({DType.FLOAT32, DType.INT8})
    """Element types of the first input that `reference` computes."""
    stacked: int = 0
    """How many of the first inputs may carry several samples along their first dimension, the output then carrying
    as many. 0 where the first dimension is no batch."""
    state: tuple[int, ...] = ()
    """Positions of the inputs that keep their elements from one evaluation to the next. `reference` gets them as they
    were left, and returns them as they are to be left, in this order behind the outputs."""
    objection: Callable[[Call], str] = no_objection
    """Why `reference` can't compute this call, beyond the element type; empty where it can."""
    inexact: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """By arithmetic: how far `reference` may differ from LiteRT, where it is not bit-exact on integers."""

    def kind_of(self, call: Call) -> str:
        """``conv``, ``pointwise``, ``depthwise``, ``dense``, ``elementwise``, ``pool`` or ``move``."""
        return self.kind if isinstance(self.kind, str) else self.kind(call)


def present(value: Array | None) -> Array:
    """Return an input that the operator can't do without.

    Raises:
        ValueError: the file leaves it out.
    """
    if value is None:
        raise ValueError("an input that it can't do without is left out")
    return value


def as_array(value: npt.ArrayLike) -> Array:
    return np.asarray(value)
