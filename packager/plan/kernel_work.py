"""Instructions that the C runtime takes for an operator, by the width of its activations.

They are no time, but on one core the same kernels' counts tell how much slower a wider operator is. What was not
counted is not guessed: such an operator has no entry.
"""

from typing import NamedTuple

from packager.config.profile import Cpu
from packager.ir import DType, Graph
from packager.ops import call_of, find_op
from packager.plan._kernel_counts import WORK, Work
from packager.plan.cost import activations_read

_MULTIPLYING = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def kind_of(graph: Graph, index: int) -> str:
    """``conv``, ``pointwise``, ``depthwise`` or ``dense``; of all other operators their own name."""
    node = graph.nodes[index]
    known = find_op(node.op)
    return known.kind_of(call_of(graph, node)) if known and node.op in _MULTIPLYING else node.op


def width_of(graph: Graph, index: int) -> int:
    """16 where an activation that it reads or makes has 16 bits, else 8."""
    node = graph.nodes[index]
    touched = (*activations_read(graph, node), *node.outputs)
    return 16 if any(graph.type_of(t).dtype is DType.INT16 for t in touched) else 8


class Sizes(NamedTuple):
    """How often an operator does what `Work` counts."""

    macs: int
    runs: int
    values: int

    def times(self, work: Work) -> float:
        return work.mac * self.macs + work.run * self.runs + work.value * self.values + work.start


def sizes_of(graph: Graph, index: int) -> Sizes:
    """Count an operator of any data type."""
    node = graph.nodes[index]
    known = find_op(node.op)
    values = sum(graph.type_of(t).elements for t in node.outputs)
    if node.op in _MULTIPLYING and known is not None:
        macs = known.macs(call_of(graph, node))
        runs = macs // graph.type_of(node.inputs[1]).dims[-1] if kind_of(graph, index) == "conv" else 0
        return Sizes(macs, runs, values)
    return Sizes(0, 0, values + sum(graph.type_of(t).elements for t in activations_read(graph, node)))


def instructions(graph: Graph, index: int, kernels: str, width: int = 0) -> float | None:
    """Return what an operator takes in a width, by default its own; None where its kind was not counted."""
    work = WORK.get(kernels, {}).get((kind_of(graph, index), width or width_of(graph, index)))
    if work is None:
        return None
    return sizes_of(graph, index).times(work)


def widening(graph: Graph, index: int, kernels: str) -> float | None:
    """Return how many times an operator's instructions in 8 bits it takes in 16; None where either was not counted."""
    narrow, wide = (instructions(graph, index, kernels, width) for width in (8, 16))
    return wide / narrow if narrow and wide is not None else None


def kernels_of(cpu: Cpu) -> str:
    """The kernel set that `kernels/target.h` chooses where the compiler is told of the CPU's features."""
    features = set(cpu.features)
    if cpu.machine == "x86_64":
        return "avx512" if features & {"avx512", "avx512vnni"} else "avx2" if "avx2" in features else "wide"
    if "neon" in features or cpu.machine == "aarch64":
        return "dotprod" if "dotprod" in features else "neon"
    return "dsp" if "dsp" in features or cpu.machine == "armv6l" else "portable"
