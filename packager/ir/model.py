"""Model, graph, node, tensor: frozen, with tensors known by their index as in the file."""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir.types import TensorType

NO_ATTRS: Mapping[str, Any] = MappingProxyType({})
ABSENT = -1
"""The index of an optional input that is not there."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Residue:
    """What a file holds of a tensor or node that EdgePack carries but does not interpret."""

    fields: Mapping[str, Any]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tensor:
    name: str
    type: TensorType
    data: npt.NDArray[Any] | None = None
    """A constant's elements, read-only, in `type.shape`; raw bytes (uint8, rank 1) where numpy lacks the type or the
    buffer is sparse. Tensors that share a buffer in the file share the memory here."""
    is_variable: bool = False
    residue: Residue | None = None
    """Sparsity, variant types, quantization details."""

    @property
    def is_constant(self) -> bool:
        return self.data is not None


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Node:
    """One operator. `op` is the schema's name, ``CONV_2D``; a custom operator is ``CUSTOM`` with `custom_code`."""

    op: str
    inputs: tuple[int, ...]
    """Tensor indices; `ABSENT` for an optional input left out."""
    outputs: tuple[int, ...]
    attrs: Mapping[str, Any] = dataclasses.field(default_factory=lambda: NO_ATTRS)
    """The options table's fields under the schema's names: ints, floats, bools, strings, tuples; None where absent."""
    options: str = ""
    """The options table's type, ``Conv2DOptions``; empty where the operator has none."""
    version: int = 1
    custom_code: str = ""
    custom_options: bytes | None = None
    residue: Residue | None = None

    @property
    def display_op(self) -> str:
        return self.custom_code if self.op == "CUSTOM" else self.op

    @property
    def intermediates(self) -> tuple[int, ...]:
        """Tensors that hold nothing but the quantization of what the operator computes within."""
        found: tuple[int, ...] | None = self.residue.fields.get("intermediates") if self.residue else None
        return found or ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Graph:
    """A subgraph: nodes in execution order over an indexed table of tensors."""

    tensors: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    name: str = ""

    def type_of(self, index: int) -> TensorType:
        return self.tensors[index].type

    def node_name(self, index: int) -> str:
        """An operator's name: that of its first output, for TFLite names tensors only."""
        outputs = self.nodes[index].outputs
        return self.tensors[outputs[0]].name if outputs else f"op_{index}"

    def where(self, index: int) -> str:
        """An operator's place for a message: ``CONV_2D #3 'conv_1'``."""
        return f"{self.nodes[index].display_op} #{index} {self.node_name(index)!r}"

    def producers(self) -> dict[int, int]:
        """Tensor index to the index of the node that computes it."""
        return {t: i for i, node in enumerate(self.nodes) for t in node.outputs}

    def consumers(self) -> dict[int, tuple[int, ...]]:
        """Tensor index to the indices of the nodes that read it."""
        uses: dict[int, list[int]] = {}
        for i, node in enumerate(self.nodes):
            for t in dict.fromkeys(node.inputs):
                if t != ABSENT:
                    uses.setdefault(t, []).append(i)
        return {t: tuple(users) for t, users in uses.items()}

    def activations(self) -> tuple[int, ...]:
        """Indices of the tensors that hold data at run time: inputs and what nodes compute."""
        computed = [t for node in self.nodes for t in node.outputs]
        return tuple(dict.fromkeys([*self.inputs, *computed]))

    def with_tensors(self, change: Callable[[int, Tensor], Tensor]) -> "Graph":
        return dataclasses.replace(self, tensors=tuple(change(i, t) for i, t in enumerate(self.tensors)))


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Signature:
    """A named entry point: argument and result names to tensor indices, in the file's order."""

    key: str
    inputs: tuple[tuple[str, int], ...]
    outputs: tuple[tuple[str, int], ...]
    graph: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Model:
    graphs: tuple[Graph, ...]
    name: str = "model"
    version: int = 3
    """Of the TFLite schema."""
    description: str | None = None
    signatures: tuple[Signature, ...] = ()
    metadata: tuple[tuple[str, bytes | None], ...] = ()

    @property
    def main(self) -> Graph:
        return self.graphs[0]

    def with_main(self, graph: Graph) -> "Model":
        return dataclasses.replace(self, graphs=(graph, *self.graphs[1:]))

    def input_types(self) -> tuple[TensorType, ...]:
        return tuple(self.main.type_of(t) for t in self.main.inputs)

    def output_types(self) -> tuple[TensorType, ...]:
        return tuple(self.main.type_of(t) for t in self.main.outputs)

    def input_names(self) -> tuple[str, ...]:
        return tuple(self.main.tensors[t].name for t in self.main.inputs)

    def output_names(self) -> tuple[str, ...]:
        return tuple(self.main.tensors[t].name for t in self.main.outputs)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a read-only view: a constant is shared by every model that holds it."""
    view = array.view()
    view.flags.writeable = False
    return np.ascontiguousarray(view) if not view.flags.c_contiguous else view
