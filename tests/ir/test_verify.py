"""Each invariant, broken once."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from ir.tiny import float_model, int8_model

from packager.ir import GraphBuilder, Model, QuantParams, Signature, verify


def with_node(model: Model, index: int, **changes: Any) -> Model:
    nodes = list(model.main.nodes)
    nodes[index] = dataclasses.replace(nodes[index], **changes)
    return model.with_main(dataclasses.replace(model.main, nodes=tuple(nodes)))


def with_tensor(model: Model, index: int, **changes: Any) -> Model:
    tensors = list(model.main.tensors)
    tensors[index] = dataclasses.replace(tensors[index], **changes)
    return model.with_main(dataclasses.replace(model.main, tensors=tuple(tensors)))


def typed(model: Model, index: int, **changes: Any) -> Model:
    return with_tensor(model, index, type=dataclasses.replace(model.main.type_of(index), **changes))


@pytest.mark.parametrize("model", [float_model(), int8_model()])
def test_sound_models_pass(model: Model) -> None:
    assert list(verify(model)) == []


FLOAT, INT8 = float_model(), int8_model()
BROKEN = [
    (dataclasses.replace(FLOAT, graphs=()), "holds no graph"),
    (FLOAT.with_main(dataclasses.replace(FLOAT.main, inputs=(99,))), "input is tensor 99"),
    (FLOAT.with_main(dataclasses.replace(FLOAT.main, outputs=(-2,))), "output is tensor -2"),
    (with_node(FLOAT, 0, inputs=(0, 1, 99)), "CONV_2D #0 reads tensor 99"),
    (with_node(FLOAT, 0, outputs=(99,)), "CONV_2D #0 writes tensor 99"),
    (with_node(FLOAT, 0, inputs=(FLOAT.main.outputs[0], 1, 2)), "reads 'softmax' before it is computed"),
    (with_node(FLOAT, 3, outputs=FLOAT.main.nodes[0].outputs), "SOFTMAX #3 overwrites 'conv'"),
    (with_node(FLOAT, 0, outputs=(1,)), "overwrites 'conv/kernel'"),
    (with_tensor(FLOAT, 1, data=np.zeros((3, 3, 3, 3), np.float32)), "'conv/kernel' is (3, 3, 3, 2) but its data is"),
    (typed(INT8, 0, quant=QuantParams(scale=(1.0,), zero_point=(0, 0))), "1 scales and 2 zero points"),
    (typed(INT8, 1, quant=QuantParams(scale=(1.0,) * 3, zero_point=(0,) * 3, axis=3)), "3 scales along axis 3"),
    (typed(INT8, 1, quant=QuantParams(scale=(1.0,) * 3, zero_point=(0,) * 3, axis=7)), "3 scales along axis 7"),
    (typed(INT8, 0, quant=QuantParams(scale=(float("nan"),), zero_point=(0,))), "has the scale nan"),
    (typed(INT8, 0, quant=QuantParams(scale=(0.0,), zero_point=(0,))), "has the scale 0.0"),
    (typed(INT8, 1, quant=QuantParams(scale=(float("inf"),), zero_point=(0,))), "has the scale inf"),
    (typed(INT8, 0, quant=QuantParams(scale=(1.0,), zero_point=(128,))), "is int8 with the zero point 128"),
    (dataclasses.replace(FLOAT, signatures=(Signature(key="s", inputs=(), outputs=(), graph=3),)), "names graph 3"),
    (dataclasses.replace(FLOAT, signatures=(Signature(key="s", inputs=(("x", 99),), outputs=()),)), "'x' to tensor 99"),
]


@pytest.mark.parametrize(("model", "problem"), BROKEN, ids=[p for _, p in BROKEN])
def test_broken_invariant_is_told(model: Model, problem: str) -> None:
    found = list(verify(model))
    assert any(problem in sentence for sentence in found), found


def test_variable_may_be_read_before_it_is_written() -> None:
    b = GraphBuilder()
    state = b.tensor("state", (1, 2))
    y = b.op("ADD", [b.input("x", (1, 2)), state], (1, 2), options="AddOptions")
    b.node("TANH", [y], [state])
    model = b.model([y])
    assert list(verify(model)) != []
    assert list(verify(with_tensor(model, state, is_variable=True))) == []
