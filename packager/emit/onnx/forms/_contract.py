"""What is known of an operator's ONNX form."""

import dataclasses
from collections.abc import Callable, Iterable

from packager.emit.onnx.emission import Emission
from packager.ir import Graph, Node


def no_problems(graph: Graph, node: Node) -> Iterable[str]:  # noqa: ARG001 - the signature of Form.problems
    return ()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A module ``packager.emit.onnx.forms.<operator in lower case>`` holds one as `FORM`."""

    emit: Callable[[Emission, Node], None]
    """Adds the operator's nodes and writes its outputs."""
    problems: Callable[[Graph, Node], Iterable[str]] = no_problems
    """A sentence for each thing that keeps this operator from being expressed."""
    quantized: tuple[int, ...] = ()
    """Input positions that TensorRT wants as int8."""
