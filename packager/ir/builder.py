"""Building a graph tensor by tensor; for front ends, for passes that add operators, and for tests."""

import dataclasses
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir.dtype import DType
from packager.ir.model import ABSENT, NO_ATTRS, Graph, Model, Node, Residue, Signature, Tensor, frozen
from packager.ir.quant import QuantParams
from packager.ir.types import TensorType


class GraphBuilder:
    """Collects tensors and nodes; every method that adds a tensor returns its index.

    >>> b = GraphBuilder()
    >>> x = b.input("x", (1, 4))
    >>> y = b.op("RELU", [x], (1, 4))
    >>> b.model([y]).main.nodes[0].op
    'RELU'
    """

    def __init__(self, graph: Graph | None = None) -> None:
        """Start empty, or with the tensors, nodes and inputs of `graph`."""
        self.tensors: list[Tensor] = list(graph.tensors) if graph else []
        self.nodes: list[Node] = list(graph.nodes) if graph else []
        self.inputs: list[int] = list(graph.inputs) if graph else []

    def tensor(
        self,
        name: str,
        shape: tuple[int, ...],
        dtype: DType = DType.FLOAT32,
        quant: QuantParams | None = None,
        data: npt.NDArray[Any] | None = None,
    ) -> int:
        type_ = TensorType(dtype=dtype, shape=tuple(int(s) for s in shape), quant=quant, has_rank=True)
        self.tensors.append(
            Tensor(name=name or f"t{len(self.tensors)}", type=type_, data=None if data is None else frozen(data))
        )
        return len(self.tensors) - 1

    def input(
        self, name: str, shape: tuple[int, ...], dtype: DType = DType.FLOAT32, quant: QuantParams | None = None
    ) -> int:
        index = self.tensor(name, shape, dtype, quant)
        self.inputs.append(index)
        return index

    def variable(self, name: str, shape: tuple[int, ...], dtype: DType, quant: QuantParams) -> int:
        """Add a tensor that keeps its elements from one run to the next: state, which operators read and write."""
        index = self.tensor(name, shape, dtype, quant)
        self.tensors[index] = dataclasses.replace(self.tensors[index], is_variable=True)
        return index

    def const(self, data: npt.ArrayLike, name: str = "", quant: QuantParams | None = None) -> int:
        array = np.asarray(data)
        return self.tensor(name or f"const_{len(self.tensors)}", array.shape, DType(array.dtype.name), quant, array)

    def op(
        self,
        op: str,
        inputs: list[int],
        shape: tuple[int, ...],
        *,
        options: str = "",
        name: str = "",
        dtype: DType = DType.FLOAT32,
        quant: QuantParams | None = None,
        version: int = 1,
        **attrs: Any,
    ) -> int:
        """Add an operator with one output. Options not given take the schema's defaults."""
        out = self.tensor(name or f"{op.lower()}_{len(self.nodes)}", shape, dtype, quant)
        self.node(op, inputs, [out], options=options, version=version, **attrs)
        return out

    def node(
        self,
        op: str,
        inputs: list[int],
        outputs: list[int],
        *,
        options: str = "",
        version: int = 1,
        intermediates: tuple[int, ...] = (),
        **attrs: Any,
    ) -> None:
        self.nodes.append(
            Node(
                op=op,
                inputs=tuple(inputs),
                outputs=tuple(outputs),
                options=options,
                version=version,
                attrs=_complete(options, attrs),
                residue=Residue(fields=MappingProxyType({"intermediates": intermediates})) if intermediates else None,
            )
        )

    def graph(self, outputs: list[int]) -> Graph:
        return Graph(
            name="main",
            tensors=tuple(self.tensors),
            nodes=tuple(self.nodes),
            inputs=tuple(self.inputs),
            outputs=tuple(outputs),
        )

    def model(self, outputs: list[int], name: str = "model") -> Model:
        graph = self.graph(outputs)
        signature = Signature(
            key="serving_default",
            inputs=tuple((graph.tensors[t].name, t) for t in graph.inputs if t != ABSENT),
            outputs=tuple((graph.tensors[t].name, t) for t in graph.outputs),
        )
        return Model(name=name, graphs=(graph,), signatures=(signature,), description="EdgePack")


def _complete(options: str, attrs: dict[str, Any]) -> MappingProxyType[str, Any] | Any:
    if not options:
        return NO_ATTRS
    from packager.ir._schema import fields_of, table_of

    clean = {k: tuple(v) if isinstance(v, (list, np.ndarray)) else v for k, v in attrs.items()}
    return fields_of(table_of(options, clean))
