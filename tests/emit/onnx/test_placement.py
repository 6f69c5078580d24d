"""Which inputs are int8: residual additions in all their forms."""

import numpy as np
from emit.onnx.judging import pointwise

from packager.emit.onnx.placement import quantized_inputs
from packager.ir import Graph, GraphBuilder

SHAPE = (1, 4, 4, 2)


def add(b: GraphBuilder, one: int, other: int) -> int:
    return b.op("ADD", [one, other], b.tensors[one].type.dims, options="AddOptions")


def chosen(graph: Graph, *keep: int) -> tuple[int, ...] | None:
    """What the only ADD gets."""
    (index,) = (i for i, node in enumerate(graph.nodes) if node.op == "ADD")
    return quantized_inputs(graph, frozenset(keep)).get(index)


def test_the_input_that_no_convolution_makes_is_the_skip() -> None:
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    assert chosen(b.graph([add(b, x, pointwise(b, x, 2))])) == (0,)
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    assert chosen(b.graph([add(b, pointwise(b, x, 2), x)])) == (1,)


def test_of_two_convolutions_the_earlier_one_is_the_skip() -> None:
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    early, late = pointwise(b, x, 2), pointwise(b, x, 2)
    assert chosen(b.graph([add(b, late, early)])) == (1,)


def test_an_addition_that_fuses_with_nothing_stays_float() -> None:
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    activated = b.op("RELU", [pointwise(b, x, 2)], SHAPE)
    assert chosen(b.graph([add(b, x, activated)])) is None


def test_a_convolution_that_others_read_is_not_fused() -> None:
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    made = pointwise(b, x, 2)
    assert chosen(b.graph([add(b, x, made), made])) is None


def test_an_addition_of_a_constant_or_of_another_shape_stays_float() -> None:
    b = GraphBuilder()
    out = add(b, pointwise(b, b.input("x", SHAPE), 2), b.const(np.ones(SHAPE, np.float32)))
    assert chosen(b.graph([out])) is None
    b = GraphBuilder()
    out = add(b, pointwise(b, b.input("x", SHAPE), 2), b.input("row", (1, 1, 1, 2)))
    assert chosen(b.graph([out])) is None


def test_a_convolution_kept_in_float_is_not_fused() -> None:
    b = GraphBuilder()
    x = b.input("x", SHAPE)
    graph = b.graph([add(b, x, pointwise(b, x, 2))])
    assert chosen(graph, 0) is None
    assert chosen(graph, 1) is None
