"""SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM against LiteRT over streams: state passes from each sample to the next."""

import dataclasses
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ops.judging import inputs_for, judge, litert, quant
from ops.recurrent import LSTMS, SVDFS, Lstm, Svdf, lstm, svdf

from packager.interp import reference
from packager.ir import Activation, DType, GraphBuilder, Model, read_tflite, write_tflite


@pytest.mark.parametrize("name", SVDFS)
def test_svdf(name: str) -> None:
    judge(svdf(SVDFS[name]), count=12)


@pytest.mark.parametrize("name", LSTMS)
def test_lstm(name: str) -> None:
    judge(lstm(LSTMS[name]), count=12)


def test_samples_are_the_steps_of_one_stream() -> None:
    for model in (svdf(Svdf()), lstm(Lstm())):
        inputs = inputs_for(model, 5)
        repeated = [np.repeat(array[:1], 3, axis=0) for array in inputs]
        (found,) = reference.run(model, repeated, "integer")
        assert not np.array_equal(found[0], found[1]), "the second step remembers the first"
        (again,) = reference.run(model, [array[:1] for array in inputs], "integer")
        np.testing.assert_array_equal(found[:1], again, err_msg="a run begins without memory")


@pytest.mark.parametrize("name", ["plain", "trace", "checksums"])
def test_however_it_is_run_state_passes_alike(name: str) -> None:
    model = lstm(Lstm(batch=2))
    inputs = inputs_for(model, 20)
    (whole,) = reference.run(model, inputs, "integer")
    if name == "trace":
        np.testing.assert_array_equal(reference.trace(model, inputs, "integer")[model.main.outputs[0]], whole)
    elif name == "checksums":
        (sum_,) = reference.layer_checksums(model, inputs, "integer")
        assert sum_.crc32 == zlib.crc32(np.ascontiguousarray(whole).tobytes())
    else:
        np.testing.assert_array_equal(litert(model, inputs, "BUILTIN_REF")[0], whole)


def test_a_file_keeps_state_and_what_is_within(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(write_tflite(lstm(Lstm())))
    judge(read_tflite(tmp_path / "m.tflite"), count=3)


def changed(model: Model, position: int, **type_: Any) -> Model:
    """The model with another type for an input of its operator."""
    t = model.main.nodes[0].inputs[position]
    graph = model.main.with_tensors(
        lambda i, tensor: (
            dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, **type_)) if i == t else tensor
        )
    )
    return model.with_main(graph)


def normalized() -> Model:
    model = lstm(Lstm())
    node = model.main.nodes[0]
    inputs = (*node.inputs[:21], node.inputs[13], *node.inputs[22:])
    return model.with_main(dataclasses.replace(model.main, nodes=(dataclasses.replace(node, inputs=inputs),)))


def without_hidden() -> Model:
    model = lstm(Lstm())
    node = dataclasses.replace(model.main.nodes[0], residue=None)
    return model.with_main(dataclasses.replace(model.main, nodes=(node,)))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (svdf(Svdf(activation=Activation.NONE)), "its fused activation is not RELU"),
        (changed(svdf(Svdf()), 2, dtype=DType.INT8), "state are int8, int8, int16"),
        (normalized(), "layer normalization"),
        (without_hidden(), "the scale of its hidden state"),
        (changed(lstm(Lstm()), 19, quant=quant(0.001)), "no power of two"),
        (changed(lstm(Lstm()), 2, dtype=DType.FLOAT32), "its weights are not int8"),
        (lstm(Lstm(outputs=9, peephole=True)), "more outputs than cells"),
    ],
)
def test_what_is_not_computed_is_named(model: Model, message: str) -> None:
    (found,) = reference.unsupported(model)
    assert message in found.message


def test_a_variable_that_no_operator_keeps_is_named() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, quant(0.1))
    y = b.op("ADD", [x, b.variable("v", (1, 4), DType.INT8, quant(0.1))], (1, 4), dtype=DType.INT8, quant=quant(0.1))
    (found,) = reference.unsupported(b.model([y]))
    assert found.message == "ADD reads a variable tensor"
