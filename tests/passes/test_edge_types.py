"""Edges of other types: the same results, the same names, and no converter that is not needed."""

import dataclasses
import functools

import numpy as np
import pytest
from quantize.tiny import INT8, classifier, samples_for

from packager.config.samples import to_integer
from packager.errors import UnsupportedError
from packager.ir import Model, difference, verify, write_tflite
from packager.passes.edge_types import EdgeTypes
from packager.quantize import quantize_model
from packager.quantize.trace import PLAIN, outputs_of
from packager.rewrite import apply_passes

FLOAT = classifier()
SAMPLES = samples_for(FLOAT)
TYPES = ("int8", "uint8", "float32")


@functools.cache
def made(edge: str) -> Model:
    return quantize_model(FLOAT, INT8, SAMPLES, inputs=edge, outputs=edge).model


def real(model: Model) -> np.ndarray:
    inputs = list(to_integer(SAMPLES, model).arrays.values())
    (found,) = outputs_of(write_tflite(model), inputs, PLAIN, model.main.outputs)
    type_ = model.output_types()[0]
    return type_.quant.dequantize(found) if type_.is_quantized and type_.quant else found


@pytest.mark.parametrize("given", TYPES)
@pytest.mark.parametrize("inputs", TYPES)
@pytest.mark.parametrize("outputs", TYPES)
def test_any_edges_to_any_others_with_the_same_results(given: str, inputs: str, outputs: str) -> None:
    before = made(given)
    after = apply_passes(before, [EdgeTypes(inputs=inputs, outputs=outputs)])
    assert not list(verify(after))
    assert [t.dtype for t in (*after.input_types(), *after.output_types())] == [inputs, outputs]
    np.testing.assert_array_equal(real(after), real(before))
    converters = [n.op for n in after.main.nodes if n.op in {"QUANTIZE", "DEQUANTIZE"}]
    assert len(converters) == (inputs != "int8") + (outputs != "int8")
    assert after.input_names() == ("x",)
    assert after.output_names() == ("probabilities",)
    assert after.signatures[0].inputs == (("x", after.main.inputs[0]),)


def test_empty_types_change_nothing() -> None:
    assert apply_passes(made("uint8"), [EdgeTypes()]) is made("uint8")


def test_there_and_back_is_the_same_graph() -> None:
    there = apply_passes(made("int8"), [EdgeTypes(inputs="uint8", outputs="float32")])
    back = apply_passes(there, [EdgeTypes(inputs="int8", outputs="int8")])
    assert difference(back, made("int8")) is None


def test_what_is_not_exact_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedError, match=r"input 'x'.*int16"):
        apply_passes(made("int8"), [EdgeTypes(inputs="int16")])


def test_class_numbers_keep_their_type() -> None:
    model = made("int8")
    (out,) = model.main.outputs
    indices = model.with_main(
        model.main.with_tensors(
            lambda i, t: dataclasses.replace(t, type=dataclasses.replace(t.type, quant=None)) if i == out else t
        )
    )
    assert apply_passes(indices, [EdgeTypes(outputs="float32")]) is indices
