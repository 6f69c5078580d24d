"""Models that can be read and yet contradict themselves: an error that names the place, before anything is compiled."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from emit.c.making import emitted
from emit.c.test_kernels import int32, moved
from ops.convolving import Case, convolution
from ops.judging import binary, inputs_for, quant, unary
from ops.recurrent import SVDFS, svdf

from packager.emit.c import unsupported
from packager.errors import UnsupportedError
from packager.interp import reference
from packager.ir import DType, Model, QuantParams


def typed(model: Model, t: int, **changes: Any) -> Model:
    graph = model.main.with_tensors(
        lambda i, tensor: (
            dataclasses.replace(tensor, type=dataclasses.replace(tensor.type, **changes)) if i == t else tensor
        )
    )
    return model.with_main(graph)


ADD = binary("ADD", ((1, 4), (1, 4)), options="AddOptions")
CONVOLUTION = convolution(Case())
PER_CHANNEL = QuantParams(scale=(0.1, 0.2, 0.3, 0.4), zero_point=(0,) * 4, axis=1)
TURNED = moved("TRANSPOSE", (1, 4), (4, 1), int32(1, 0), options="TransposeOptions")
MEAN = unary("MEAN", (1, 4), (1,), consts=[int32(1)], options="ReducerOptions")
REFUSED = {
    "channels": (typed(CONVOLUTION, 0, shape=(1, 9, 8, 7)), "7 input channels do not fall into groups of 5"),
    "axis of a scalar": (typed(MEAN, 0, shape=()), "do not fit together"),
    "a scale a channel": (typed(TURNED, 0, quant=PER_CHANNEL), "has a scale for each channel"),
    "infinitely coarse": (typed(ADD, 0, quant=quant(1e30)), "a scale that is no model's"),
    "finer than 32 bits": (
        binary("SUB", ((1, 4), (1, 4)), scales=(1e10, 1e10, 1e-10), options="SubOptions"),
        "32 bits",
    ),
    "a mean finer than 32 bits": (
        unary("MEAN", (1, 4), (1,), consts=[int32(1)], options="ReducerOptions", x=(1e6, 0), y=(1e-6, 0)),
        "32 bits",
    ),
    "bytes of real numbers": (
        unary("DEQUANTIZE", (1, 4), dtype=DType.UINT8, x=(0.1, 3), y=None),
        "the kernel takes int8",
    ),
    "real numbers in bytes": (typed(unary("DEQUANTIZE", (1, 4), y=None), 1, dtype=DType.UINT8), "its output is uint8"),
    "memory in bytes": (typed(svdf(SVDFS["ordinary"]), 5, dtype=DType.UINT8), "is uint8"),
}


def test_channels_that_nothing_trained_have_kernels() -> None:
    """Their scales are next to zero, as those of some channels of visual wake words are, and the bias' more so."""
    tensors = list(CONVOLUTION.main.tensors)
    for i in CONVOLUTION.main.nodes[0].inputs[1:]:
        scales = tensors[i].type.quant
        assert scales is not None
        tiny = QuantParams(scale=(3e-13,) * len(scales.scale), zero_point=scales.zero_point, axis=scales.axis)
        tensors[i] = dataclasses.replace(tensors[i], type=dataclasses.replace(tensors[i].type, quant=tiny))
    model = CONVOLUTION.with_main(dataclasses.replace(CONVOLUTION.main, tensors=tuple(tensors)))
    assert not unsupported(model, "integer")
    assert not unsupported(model, "xnnpack")


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_kernel_is_named(name: str) -> None:
    model, message = REFUSED[name]
    (found, *_) = unsupported(model, "integer")
    assert message in found.message
    assert found.where.startswith(model.main.nodes[0].op)


def test_a_tensor_without_elements_is_named() -> None:
    (found,) = unsupported(binary("ADD", ((1, 0), (1, 0)), options="AddOptions"), "integer")
    assert (found.where, found.message) == ("tensor 'a'", "it has no elements")


CONTRADICTIONS = {
    "no such element": moved("GATHER", (1, 6, 4), (1, 2, 4), int32(5, 9), options="GatherOptions", axis=1),
    "an axis twice": moved("TRANSPOSE", (1, 5, 6), (1, 6, 5), int32(0, 2, 2), options="TransposeOptions"),
    "no options": unary("SOFTMAX", (1, 4), y=(1 / 256, -128)),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_a_contradiction_is_told_with_its_place(name: str) -> None:
    model = CONTRADICTIONS[name]
    place = f"{model.main.nodes[0].op} #0"
    with pytest.raises(UnsupportedError, match=f"{place}.* do not fit together"):
        emitted(model, "xnnpack", inputs_for(model, 2))
    with pytest.raises(UnsupportedError, match=f"{place}.* do not fit together"):
        reference.run(model, inputs_for(model, 2), "xnnpack")


@pytest.mark.parametrize(
    "model",
    [
        typed(ADD, 2, shape=(1, 5)),
        typed(unary("DEQUANTIZE", (1, 4), y=None), 1, dtype=DType.UINT8),
        typed(CONVOLUTION, 3, shape=(1, 9, 8, 6)),
        typed(convolution(Case(kernel=(1, 1))), 0, shape=()),
    ],
)
def test_the_interpreter_tells_outputs_that_are_not_the_files(model: Model) -> None:
    with pytest.raises(UnsupportedError, match=model.main.nodes[0].op):
        reference.run(model, [np.zeros((2, *t.dims[1:]), np.int8) for t in model.input_types()])
