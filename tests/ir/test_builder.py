import numpy as np
import pytest
from ir.tiny import float_model

from packager.ir import DType, GraphBuilder, QuantParams, verify


def test_options_not_given_take_the_schemas_defaults() -> None:
    b = GraphBuilder()
    y = b.op("SOFTMAX", [b.input("x", (1, 3))], (1, 3), options="SoftmaxOptions", beta=1.0)
    (node,) = b.model([y]).main.nodes
    assert dict(node.attrs) == {"beta": 1.0}
    b.op("CONV_2D", [0, 0], (1, 1, 1, 1), options="Conv2DOptions", stride_h=2)
    assert b.nodes[-1].attrs["stride_h"] == 2
    assert b.nodes[-1].attrs["stride_w"] == 0
    assert b.nodes[-1].attrs["fused_activation_function"] == 0


def test_unknown_option_is_an_error_of_ours() -> None:
    b = GraphBuilder()
    with pytest.raises(KeyError, match="Conv2DOptions has no option 'strides'"):
        b.op("CONV_2D", [b.input("x", (1, 1, 1, 1))], (1, 1, 1, 1), options="Conv2DOptions", strides=2)


def test_constant_takes_type_and_shape_of_its_array() -> None:
    b = GraphBuilder()
    index = b.const(np.arange(6, dtype=np.int8).reshape(2, 3), quant=QuantParams.per_tensor(0.5))
    tensor = b.tensors[index]
    assert tensor.type.dtype is DType.INT8
    assert tensor.type.dims == (2, 3)
    assert tensor.is_constant
    assert tensor.name


def test_continues_an_existing_graph() -> None:
    model = float_model()
    b = GraphBuilder(model.main)
    extended = b.model([b.op("NEG", [model.main.outputs[0]], (1, 5), options="NegOptions")])
    assert list(verify(extended)) == []
    assert [n.op for n in extended.main.nodes][-2:] == ["SOFTMAX", "NEG"]
    assert model.main.nodes[-1].op == "SOFTMAX"  # the original is as it was


def test_signature_names_inputs_and_outputs() -> None:
    (signature,) = float_model().signatures
    assert [name for name, _ in signature.inputs] == ["image"]
    assert [name for name, _ in signature.outputs] == ["softmax"]
