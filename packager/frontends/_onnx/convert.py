"""The child's side of the ONNX path: from a file, or from bytes that an exporter made, to a float `.tflite`."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.frontends._child import Converted
from packager.frontends._onnx import onnx2tf
from packager.frontends._onnx.agree import Evidence, disagreement, evidence
from packager.frontends._onnx.graph import OnnxGraph, UnloweredError, graph_of
from packager.frontends._onnx.lowering import Lowering, image_inputs
from packager.frontends._onnx.prepare import fix_shapes, load
from packager.frontends._onnx.runtime import simplify
from packager.frontends._onnx.tidy import tidy
from packager.frontends._shapes import Shape
from packager.frontends._source import with_public_names
from packager.frontends._tensorflow import refuse_flex, versions
from packager.ir import Model, Signature, read_tflite_bytes, write_tflite

_PROTOBUF_LIMIT = 2**31 - 1


def convert_onnx(path: Path, given: Mapping[str, Shape], content: bytes | None = None) -> Converted:
    """Convert an ONNX model; `content` stands in for the file where an exporter made it.

    Raises:
        ConfigError: a dynamic dimension was not given.
        ToolError: an operator needs onnx2tf, which is not installed.
        UnsupportedError: the file is damaged, or can't be converted without changing what it computes.
    """
    loaded = load(path, content)
    model = fix_shapes(loaded.model, given, path)
    known, simple = evidence(model, path), simplify(model, path)
    tools = versions("onnx", "onnxruntime")
    try:
        tflite = _lowered(simple, known)
    except UnloweredError as reason:
        graph = graph_of(simple)
        others = [name for name in graph.inputs if name not in image_inputs(graph)]
        tflite = _renamed(onnx2tf.convert(simple, path, str(reason), others), graph)
        refuse_flex(read_tflite_bytes(tflite), path)
        tools += versions("onnx2tf", "tensorflow", "tensorflow-cpu")
        if found := disagreement(known, tflite):
            raise UnsupportedError(
                f"{path}: the model that onnx2tf made of it computes something else: {found}",
                hint="replace unusual operators, or convert it to TFLite where it was made",
            ) from None
    notes = _layout_notes(model, read_tflite_bytes(tflite))
    return Converted(content=tflite, tools=tools, notes=notes, beside=loaded.beside, onnx=_own(model))


def _own(model: Any) -> bytes:
    """The graph as bytes, the shapes of its outputs filled in; none where protobuf can't hold it."""
    import onnx

    if model.ByteSize() >= _PROTOBUF_LIMIT // 2:  # inference copies it
        return b""
    own = onnx.ModelProto()
    own.CopyFrom(model)
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.output
    del own.graph.output[:]
    own.graph.output.extend(inferred)
    content: bytes = own.SerializeToString(deterministic=True)
    return content


def _lowered(simple: Any, known: Evidence) -> bytes:
    """Lower the simplified graph; what comes out must compute what the graph as given computes.

    Raises:
        UnloweredError: an operator has no lowering, or the results differ.
    """
    tflite = write_tflite(tidy(Lowering(graph_of(simple)).run()))
    if found := disagreement(known, tflite):
        raise UnloweredError(f"what became of it differs: {found}")
    return tflite


def _renamed(tflite: bytes, graph: OnnxGraph) -> bytes:
    """Give inputs and outputs, which are in order, the names that the ONNX graph has for them."""
    model = read_tflite_bytes(tflite)
    names = dict(zip((*model.main.inputs, *model.main.outputs), (*graph.inputs, *graph.outputs), strict=False))
    signature = Signature(
        key="serving_default",
        inputs=tuple((names[t], t) for t in model.main.inputs),
        outputs=tuple((names[t], t) for t in model.main.outputs),
    )
    return write_tflite(with_public_names(dataclasses.replace(model, signatures=(signature,)), {}))


def _layout_notes(model: Any, converted: Model) -> tuple[Diagnostic, ...]:
    """Say for each input and output that its channels are now last."""
    weights = {t.name for t in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    shapes = {i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim) for i in inputs}
    return tuple(
        Diagnostic(
            severity=Severity.NOTE,
            where=f"input {name!r}",
            message=f"channels are last: {type_.dims}, where the ONNX model has {shapes[name]}",
            hint="transpose the data: x.transpose(0, 2, 3, 1)" if len(type_.dims) == 4 else "transpose the data",
        )
        for name, type_ in zip(converted.input_names(), converted.input_types(), strict=True)
        if name in shapes and type_.dims != shapes[name]
    )
