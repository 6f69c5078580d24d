"""8 and 16 bit activations in one model: two whole integer models, joined operator by operator.

LiteRT's quantizer makes a model of one width. It is asked for both; the operators that the plan wants in 16 bits are
taken from the wide model, all others from the narrow one, and a QUANTIZE stands where a tensor passes from one to the
other. A tensor between two wide operators stays wide.
"""

import dataclasses

from packager.config.recipe import Recipe
from packager.ir import ABSENT, Graph, GraphBuilder, Model, Node, compact
from packager.passes.operator_versions import OperatorVersions
from packager.quantize._contract import QuantPlan
from packager.quantize.apply_litert import apply_litert
from packager.rewrite import apply_passes

WIDE, NARROW = "int16x8", "int8"
_SUFFIX = "_int16"
_SUFFIXES = ("_int8", "_int16", "_quantized", "_dequantized")


def apply_mixed(model: Model, recipe: Recipe, plan: QuantPlan) -> Model:
    """Return the integer model with each operator in its planned width.

    Raises:
        UnsupportedError: an operator has no integer form in one of the widths, whichever the plan gives it.
    """
    narrow = apply_litert(model, recipe, _all(plan, NARROW))
    wide = apply_litert(model, dataclasses.replace(recipe, inputs="int16", outputs="int16"), _all(plan, WIDE))
    chosen = {_plain(op.name) for op in plan.ops if op.scheme == WIDE}
    joined = _Join(narrow.main, wide.main, chosen).graph()
    return apply_passes(compact(narrow.with_main(joined)), [OperatorVersions()])


def _all(plan: QuantPlan, scheme: str) -> QuantPlan:
    return dataclasses.replace(plan, ops=tuple(dataclasses.replace(op, scheme=scheme) for op in plan.ops))


def _plain(name: str) -> str:
    """A tensor's name without what a quantizer added."""
    return next((name.removesuffix(s) for s in _SUFFIXES if name.endswith(s)), name)


class _Join:
    def __init__(self, narrow: Graph, wide: Graph, chosen: set[str]) -> None:
        self.narrow, self.wide, self.chosen = narrow, wide, chosen
        self.builder = GraphBuilder(narrow)
        self.builder.nodes = []
        self.wides = {_plain(wide.node_name(i)): node for i, node in enumerate(wide.nodes)}
        self.at = {_plain(narrow.tensors[t].name): t for t in narrow.activations() if narrow.type_of(t).is_quantized}
        self.widened: dict[str, int] = {}
        """Wide tensors of the joined graph, by plain name."""

    def graph(self) -> Graph:
        for index, node in enumerate(self.narrow.nodes):
            name = _plain(self.narrow.node_name(index))
            if name in self.chosen and name in self.wides and self.wides[name].op == node.op:
                self._take_wide(self.wides[name], node)
            else:
                self.builder.nodes.append(node)
        return dataclasses.replace(self.narrow, tensors=tuple(self.builder.tensors), nodes=tuple(self.builder.nodes))

    def _take_wide(self, wide: Node, narrow: Node) -> None:
        inputs = tuple(t if t == ABSENT else self._input(t) for t in wide.inputs)
        outputs = []
        for t in wide.outputs:
            name = _plain(self.wide.tensors[t].name)
            self.widened[name] = self._added(t)
            outputs.append(self.widened[name])
        self.builder.nodes.append(dataclasses.replace(wide, inputs=inputs, outputs=tuple(outputs)))
        for made, wanted in zip(outputs, narrow.outputs, strict=True):
            if self._read_narrow(wanted):
                self.builder.node("QUANTIZE", [made], [wanted], options="QuantizeOptions")

    def _input(self, t: int) -> int:
        """The joined graph's tensor for one that the wide operator reads."""
        tensor = self.wide.tensors[t]
        name = _plain(tensor.name)
        if tensor.is_constant:
            return self._added(t)
        if name not in self.widened:
            self.widened[name] = self._added(t)
            self.builder.node("QUANTIZE", [self.at[name]], [self.widened[name]], options="QuantizeOptions")
        return self.widened[name]

    def _added(self, t: int) -> int:
        tensor = self.wide.tensors[t]
        self.builder.tensors.append(dataclasses.replace(tensor, name=_plain(tensor.name) + _SUFFIX))
        return len(self.builder.tensors) - 1

    def _read_narrow(self, t: int) -> bool:
        """Whether the model's output, or an operator that stays narrow, reads a tensor."""
        graph = self.narrow
        readers = graph.consumers().get(t, ())
        return t in graph.outputs or any(_plain(graph.node_name(i)) not in self.chosen for i in readers)
