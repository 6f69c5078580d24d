"""ONNX models from a line of text, and what becomes of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from packager.frontends._onnx.agree import disagreement, evidence
from packager.frontends._onnx.graph import graph_of
from packager.frontends._onnx.lowering import Lowering
from packager.frontends._onnx.prepare import fix_shapes, load
from packager.frontends._onnx.runtime import simplify
from packager.frontends._onnx.tidy import tidy
from packager.ir import Model, verify, write_tflite

Array = npt.NDArray[Any]
RANDOM = np.random.default_rng(3)
NOWHERE = Path("test.onnx")


def noise(*shape: int) -> Array:
    return RANDOM.standard_normal(shape).astype(np.float32)


def node(op: str, inputs: str, outputs: str, **attrs: Any) -> onnx.NodeProto:
    """``node("Conv", "x w", "y", strides=[2, 2])``; a ``-`` among the inputs is one left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    return helper.make_node(op, names, outputs.split(), name=f"{op}_{outputs.split(maxsplit=1)[0]}", **attrs)


def model_of(
    nodes: list[onnx.NodeProto],
    inputs: Mapping[str, list[int | str]],
    constants: Mapping[str, Array] | None = None,
    outputs: str = "y",
    opset: int = 17,
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs.split()],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    # onnxruntime lags behind the newest IR version.
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def lowered(model: onnx.ModelProto, **shapes: tuple[int, ...]) -> Model:
    """Lower as the front end does, without its second resort; the result agrees with onnxruntime."""
    fixed = fix_shapes(load(NOWHERE, model.SerializeToString()).model, shapes, NOWHERE)
    result = tidy(Lowering(graph_of(simplify(fixed, NOWHERE))).run())
    assert list(verify(result)) == []
    assert disagreement(evidence(fixed, NOWHERE), write_tflite(result)) == ""
    return result


def ops(model: Model) -> list[str]:
    return [n.op for n in model.main.nodes]
