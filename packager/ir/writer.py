"""A `Model` as a `.tflite` file: the same bytes for the same model, weights aligned to 16 bytes."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir._schema import IDENTIFIER, code_of, numbers_of, schema, table_of
from packager.ir.model import Graph, Model, Node, Signature, Tensor
from packager.ir.quant import QuantParams

_ALIGNMENT = 16
"""The schema asks for it (`force_align: 16`), kernels rely on it, and the generated Python code ignores it."""


def write_tflite(model: Model) -> bytes:
    """Return the file's bytes, deterministic in the model."""
    import flatbuffers

    writer = _Writer()
    table = writer.table(model)
    builder = flatbuffers.Builder(writer.payload + (1 << 16))
    builder.Finish(table.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())


class _Writer:
    def __init__(self) -> None:
        self._schema = schema()
        self._buffers: list[Any] = [self._schema.BufferT()]  # buffer 0 is the empty one, by convention
        self._known: dict[tuple[int, int], int] = {}
        self._alive: list[npt.NDArray[Any]] = []
        self._codes: dict[tuple[str, str, int], int] = {}
        self.payload = 0

    def table(self, model: Model) -> Any:
        table = self._schema.ModelT()
        table.version = model.version
        table.description = None if model.description is None else _text(model.description)
        table.subgraphs = [self._graph(graph) for graph in model.graphs]
        table.operatorCodes = [self._code(*key) for key in self._codes]
        table.signatureDefs = [self._signature(s) for s in model.signatures] or None
        table.metadata = [self._metadata(name, data) for name, data in model.metadata] or None
        table.buffers = self._buffers
        return table

    def _buffer(self, data: npt.NDArray[Any] | None) -> int:
        if data is None:
            return 0
        flat = np.ascontiguousarray(data)
        key = (flat.__array_interface__["data"][0], flat.nbytes)
        if flat.nbytes and key in self._known:
            return self._known[key]
        self._alive.append(flat)  # an address means something only while the array lives
        self.payload += flat.nbytes + _ALIGNMENT
        buffer = _aligned_buffer(self._schema)()
        buffer.data = flat.reshape(-1).view(np.uint8) if flat.nbytes else np.zeros(0, np.uint8)
        self._buffers.append(buffer)
        self._known[key] = len(self._buffers) - 1
        return len(self._buffers) - 1

    def _graph(self, graph: Graph) -> Any:
        table = self._schema.SubGraphT()
        table.name = _text(graph.name) or None
        table.tensors = [self._tensor(t) for t in graph.tensors]
        table.inputs, table.outputs = list(graph.inputs), list(graph.outputs)
        table.operators = [self._operator(n) for n in graph.nodes]
        return table

    def _tensor(self, tensor: Tensor) -> Any:
        table = self._schema.TensorT()
        table.name = _text(tensor.name)
        table.type = code_of(tensor.type.dtype)
        table.shape = None if tensor.type.shape is None else list(tensor.type.shape)
        table.shapeSignature = None if tensor.type.signature is None else list(tensor.type.signature)
        table.hasRank = tensor.type.has_rank
        table.isVariable = tensor.is_variable
        table.buffer = self._buffer(tensor.data)
        rest = tensor.residue.fields if tensor.residue else {}
        table.sparsity, table.variantTensors = rest.get("sparsity"), rest.get("variant_tensors")
        table.quantization = self._quant(tensor.type.quant, rest.get("details"))
        return table

    def _quant(self, quant: QuantParams | None, details: Any) -> Any:
        if quant is None:
            return None
        table = self._schema.QuantizationParametersT()
        if quant.has_vectors:
            table.scale, table.zeroPoint = list(quant.scale), list(quant.zero_point)
        table.min = None if quant.minimum is None else list(quant.minimum)
        table.max = None if quant.maximum is None else list(quant.maximum)
        table.quantizedDimension = quant.axis
        if details is not None:
            table.detailsType, table.details = details
        return table

    def _operator(self, node: Node) -> Any:
        table = self._schema.OperatorT()
        key = (node.op, node.custom_code, node.version)
        table.opcodeIndex = self._codes.setdefault(key, len(self._codes))
        table.inputs, table.outputs = list(node.inputs), list(node.outputs)
        if node.options in numbers_of("BuiltinOptions2"):
            table.builtinOptions2Type = numbers_of("BuiltinOptions2")[node.options]
            table.builtinOptions2 = table_of(node.options, node.attrs)
        elif node.options:
            table.builtinOptionsType = numbers_of("BuiltinOptions")[node.options]
            table.builtinOptions = table_of(node.options, node.attrs)
        rest = node.residue.fields if node.residue else {}
        table.customOptions = None if node.custom_options is None else np.frombuffer(node.custom_options, np.uint8)
        table.customOptionsFormat = rest.get("custom_options_format", 0)
        table.intermediates = _list(rest.get("intermediates"))
        table.mutatingVariableInputs = _list(rest.get("mutating_variable_inputs"))
        return table

    def _code(self, op: str, custom_code: str, version: int) -> Any:
        table = self._schema.OperatorCodeT()
        number = numbers_of("BuiltinOperator")[op]
        table.builtinCode = number
        # Readers older than TF 2.4 look at the byte; it saturates at this placeholder.
        table.deprecatedBuiltinCode = min(number, numbers_of("BuiltinOperator")["PLACEHOLDER_FOR_GREATER_OP_CODES"])
        table.customCode = _text(custom_code) or None
        table.version = version
        return table

    def _signature(self, signature: Signature) -> Any:
        table = self._schema.SignatureDefT()
        table.signatureKey, table.subgraphIndex = signature.key, signature.graph
        table.inputs = [self._tensor_map(*pair) for pair in signature.inputs]
        table.outputs = [self._tensor_map(*pair) for pair in signature.outputs]
        return table

    def _tensor_map(self, name: str, index: int) -> Any:
        table = self._schema.TensorMapT()
        table.name, table.tensorIndex = name, index
        return table

    def _metadata(self, name: str, data: bytes | None) -> Any:
        table = self._schema.MetadataT()
        table.name = _text(name)
        table.buffer = self._buffer(None if data is None else np.frombuffer(data, np.uint8))
        return table


def _aligned_buffer(generated: Any) -> Any:
    """The schema's `BufferT` with its data aligned as the schema asks."""

    class AlignedBuffer(generated.BufferT):  # type: ignore[misc]  # the base is a class of an untyped module
        def Pack(self, builder: Any) -> Any:  # noqa: N802 - the generated name
            size = len(self.data)
            builder.StartVector(1, size, _ALIGNMENT)
            builder.head -= size
            start = builder.head
            builder.Bytes[start : start + size] = self.data.data
            data = builder.EndVector()
            generated.BufferStart(builder)
            generated.BufferAddData(builder, data)
            return generated.BufferEnd(builder)

    return AlignedBuffer


def _text(text: str) -> bytes:
    """Bytes that are not UTF-8 come from the reader as surrogates and go back as they were."""
    return text.encode(errors="surrogateescape")


def _list(vector: Iterable[Any] | None) -> list[Any] | None:
    return None if vector is None else list(vector)
