"""The float model behind an integer one, with LiteRT as the judge of both."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from reference import MLPERF_INT8, reference

from packager.emit.onnx import emit_onnx
from packager.ir import DType, GraphBuilder, Model, QuantParams, read_tflite, verify, write_tflite
from packager.passes import normalise
from packager.quantize.dequantize import dequantize

Array = npt.NDArray[Any]


def litert(model: Model, inputs: list[Array]) -> Array:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=write_tflite(model))
    interpreter.allocate_tensors()
    index, out = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    found = []
    for array in inputs:
        interpreter.set_tensor(index, array)
        interpreter.invoke()
        found.append(interpreter.get_tensor(out).copy())
    return np.stack(found)


def real(type_: Any, array: Array) -> Array:
    return type_.quant.dequantize(array) if type_.is_quantized else array


@pytest.mark.parametrize("name", MLPERF_INT8)
def test_the_float_model_computes_what_the_integers_stand_for(name: str) -> None:
    model = normalise(read_tflite(reference(name)))
    floats, ranges = dequantize(model)
    assert not list(verify(floats))
    assert {t.dtype for t in (*floats.input_types(), *floats.output_types())} == {DType.FLOAT32}
    assert not [n.op for n in floats.main.nodes if n.op in {"QUANTIZE", "DEQUANTIZE"}]
    assert set(floats.main.activations()) == set(ranges)
    (given,), (out,) = model.input_types(), model.output_types()
    if "kws" in name:  # noise drives this one out of the ranges that it was calibrated for
        inputs = list(np.load(reference("mlperf-tiny/kws01.npz"))["x"][:40, None])
    else:
        inputs = list(np.random.default_rng(0).integers(-128, 128, (8, *given.dims)).astype(np.int8))
    if not given.is_quantized:
        inputs = [array.astype(np.float32) for array in inputs]
    wanted = real(out, litert(model, inputs))
    found = litert(floats, [real(given, array) for array in inputs])
    spread = float(wanted.max() - wanted.min())
    assert spread > 0
    assert np.abs(wanted - found).mean() < 0.03 * spread


@pytest.mark.parametrize("name", MLPERF_INT8)
def test_weights_quantize_to_the_same_integers(name: str) -> None:
    model = normalise(read_tflite(reference(name)))
    floats, ranges = dequantize(model)
    content = emit_onnx(floats, ranges, opset=13, quantize=True, integer_weights=True)
    kept = [onnx.numpy_helper.to_array(c) for c in onnx.load_from_string(content).graph.initializer]
    emitted = {a.tobytes() for a in kept if a.dtype == np.int8}
    orders = {"CONV_2D": (0, 3, 1, 2), "DEPTHWISE_CONV_2D": (3, 0, 1, 2), "FULLY_CONNECTED": (0, 1)}
    compared = 0
    for node in model.main.nodes:
        if node.op in orders:
            data = model.main.tensors[node.inputs[1]].data
            assert data is not None
            flattened = node.op == "FULLY_CONNECTED" and data.tobytes() not in emitted
            if flattened:  # columns are reordered where ONNX flattens channels first
                assert any(np.array_equal(np.sort(a, 1), np.sort(data, 1)) for a in kept if a.shape == data.shape)
            else:
                assert np.ascontiguousarray(data.transpose(orders[node.op])).tobytes() in emitted
            compared += 1
    assert compared >= 9


def test_edges_are_dropped_and_ranges_carried_over() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    quant, other = QuantParams.per_tensor(0.5, -128), QuantParams.per_tensor(0.25, 3)
    inside = b.op("QUANTIZE", [x], (1, 4), dtype=DType.INT8, quant=quant)
    relu = b.op("RELU", [inside], (1, 4), dtype=DType.INT8, quant=quant)
    again = b.op("QUANTIZE", [relu], (1, 4), dtype=DType.INT8, quant=other)
    neg = b.op("ABS", [again], (1, 4), dtype=DType.INT8, quant=other, name="abs")
    out = b.op("DEQUANTIZE", [neg], (1, 4), name="out")
    floats, ranges = dequantize(b.model([out]))
    assert [n.op for n in floats.main.nodes] == ["RELU", "ABS"]
    assert not list(verify(floats))
    names = {floats.main.tensors[t].name: (r.low, r.high, r.reason) for t, r in ranges.items()}
    assert names["x"] == (0, 127.5, "quantization of the source model")
    assert names["abs"] == (-32.75, 31, "quantization of the source model")
    assert floats.signatures[0].outputs == (("out", floats.main.outputs[0]),)


def test_an_unsigned_model_of_old_loses_its_zero_points() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 2), DType.UINT8, QuantParams.per_tensor(1, 128))
    weights = b.const(np.array([[10, 20]], np.uint8), quant=QuantParams.per_tensor(0.5, 16))
    bias = b.const(np.array([4], np.int32), quant=QuantParams.per_tensor(0.5, 0))
    quant = QuantParams.per_tensor(2, 100)
    inputs = [x, weights, bias]
    y = b.op("FULLY_CONNECTED", inputs, (1, 1), options="FullyConnectedOptions", dtype=DType.UINT8, quant=quant)
    floats, ranges = dequantize(b.model([y]))
    tensors = floats.main.tensors
    assert [t.data.tolist() for t in tensors if t.data is not None] == [[[-3, 2]], [2]]
    assert all(t.type.quant is None for t in tensors)
    assert (ranges[floats.main.inputs[0]].low, ranges[floats.main.inputs[0]].high) == (-128, 127)
