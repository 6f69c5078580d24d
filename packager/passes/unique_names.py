"""Every tensor a name of its own: layers of two graphs are told apart and matched by it."""

import dataclasses
from collections.abc import Iterable

from packager.ir import Model, Tensor
from packager.rewrite import Pass, PassResult
from packager.util.naming import unique


class UniqueNames(Pass):
    """Numbers repeated names and names nameless tensors, in the main graph; inputs and outputs keep theirs first."""

    def apply(self, model: Model) -> PassResult:
        graph = model.main
        edges = tuple(dict.fromkeys((*graph.inputs, *graph.outputs)))
        order = (*edges, *(t for t in range(len(graph.tensors)) if t not in edges))
        names = dict(zip(order, unique(graph.tensors[t].name or f"tensor_{t}" for t in order), strict=True))
        if all(tensor.name == names[t] for t, tensor in enumerate(graph.tensors)):
            return PassResult(model=model, changed=False)

        def rename(index: int, tensor: Tensor) -> Tensor:
            return tensor if tensor.name == names[index] else dataclasses.replace(tensor, name=names[index])

        return PassResult(model=model.with_main(graph.with_tensors(rename)), changed=True)

    def ensures(self, model: Model) -> Iterable[str]:
        names = [tensor.name for tensor in model.main.tensors]
        if len(set(names)) != len(names) or "" in names:
            yield "tensor names repeat"
