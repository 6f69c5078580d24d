"""Float converters at the edges go, and what is left computes the same integers."""

import numpy as np

from packager.interp import reference
from packager.ir import DType, GraphBuilder, Model, QuantParams, verify
from packager.passes.integer_edges import IntegerEdges
from packager.rewrite import apply_passes

Q = QuantParams.per_tensor(0.1, 3)


def with_float_edges(*, read_twice: bool = False) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    t = b.op("QUANTIZE", [x], (1, 4), dtype=DType.INT8, quant=Q)
    t = b.op("RELU", [t], (1, 4), dtype=DType.INT8, quant=Q)
    y = b.op("DEQUANTIZE", [t], (1, 4), name="y")
    return b.model([y, b.op("ABS", [x], (1, 4))] if read_twice else [y])


def test_the_converters_go_and_the_edges_keep_their_names() -> None:
    model = with_float_edges()
    bare = apply_passes(model, [IntegerEdges()])
    assert [n.op for n in bare.main.nodes] == ["RELU"]
    assert (bare.input_names(), bare.output_names()) == (("x",), ("y",))
    assert [t.dtype for t in (*bare.input_types(), *bare.output_types())] == [DType.INT8, DType.INT8]
    assert bare.signatures[0].inputs == (("x", bare.main.inputs[0]),)
    assert not list(verify(bare))
    real = np.linspace(-14, 14, 40, dtype=np.float32).reshape(10, 4)
    (exact,) = reference.run(model, [real])
    (integers,) = reference.run(bare, [Q.quantize(real, np.int8)])
    np.testing.assert_array_equal(Q.dequantize(integers), exact)


def test_the_caller_is_told_the_scale() -> None:
    result = IntegerEdges().apply(with_float_edges())
    assert [note.where for note in result.notes] == ["input 'x'", "output 'y'"]
    assert "scale 0.1, zero point 3" in result.notes[0].message


def test_a_float_input_that_others_read_stays() -> None:
    bare = IntegerEdges().apply(with_float_edges(read_twice=True)).model
    assert bare.input_types()[0].dtype is DType.FLOAT32
    assert bare.output_types()[0].dtype is DType.INT8


def test_an_output_that_the_graph_reads_stays() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, Q)
    y = b.op("DEQUANTIZE", [x], (1, 4), name="y")
    model = b.model([y, b.op("ABS", [y], (1, 4))])
    assert not IntegerEdges().apply(model).changed
