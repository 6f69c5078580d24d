"""A user's own ONNX graph, quantized where it stands: Q/DQ pairs put in, everything else as it was.

The rules are those of `placement`, told by ONNX's operators: pairs on the inputs of what computes in int8, on the skip
input alone of a residual addition, none around batch normalization and activations.
"""

from collections.abc import Mapping
from typing import Any

from packager.emit.onnx._pairs import PairWriter, drop_unread
from packager.quantize import Range

MIN_OPSET = 13
"""The first with per-channel DequantizeLinear; an older graph is brought up to it."""
_DATA = {
    **dict.fromkeys(("Conv", "ConvTranspose", "AveragePool", "GlobalAveragePool"), (0,)),
    **dict.fromkeys(("Gemm", "MatMul"), (0, 1)),
}
"""Operators that compute in int8, with the inputs that may be activations."""
_WEIGHTS = ("Conv", "ConvTranspose", "Gemm", "MatMul")
"""Those whose second input is weights where it is constant."""
_FOLLOWS = ("BatchNormalization", "Relu", "LeakyRelu", "PRelu", "Clip", "HardSwish", "Sigmoid")
"""What TensorRT fuses behind a convolution, or EdgePack's own graph fused into it."""


class OwnGraph:
    """A `ModelProto` with what placing pairs asks of it."""

    def __init__(self, content: bytes, keep_float: frozenset[str] = frozenset()) -> None:
        """Read a checked file; operators whose result, or what is fused behind it, is in `keep_float` stay float."""
        import onnx
        from onnx import shape_inference, version_converter

        self.model = onnx.load_model_from_string(content)
        if self.opset < MIN_OPSET:
            self.model = version_converter.convert_version(self.model, MIN_OPSET)
        self.graph = self.model.graph
        self._constants = {tensor.name: tensor for tensor in self.graph.initializer}
        self._constants |= {
            node.output[0]: attribute.t
            for node in self.graph.node
            if node.op_type == "Constant"
            for attribute in node.attribute
            if attribute.name == "value"
        }
        self._makers = {name: i for i, node in enumerate(self.graph.node) for name in node.output}
        self._users: dict[str, list[int]] = {}
        for i, node in enumerate(self.graph.node):
            for name in node.input:
                self._users.setdefault(name, []).append(i)
        inferred = shape_inference.infer_shapes(self.model, data_prop=True).graph
        self._types = {v.name: v.type.tensor_type for v in (*inferred.input, *inferred.value_info, *inferred.output)}
        self._outputs = {port.name for port in self.graph.output}
        self._keep_float = keep_float

    @property
    def opset(self) -> int:
        return max((o.version for o in self.model.opset_import if o.domain in ("", "ai.onnx")), default=1)

    def placed(self) -> dict[int, tuple[int, ...]]:
        """Return, by node, the positions of the activations that get a pair."""
        chosen = {}
        for i, node in enumerate(self.graph.node):
            positions = self._skip_input(node) if node.op_type == "Add" else self._data_inputs(i, node)
            if positions:
                chosen[i] = positions
        return chosen

    def activations(self) -> list[str]:
        """Return the values that get a pair, each once, in order."""
        nodes = self.graph.node
        return list(dict.fromkeys(nodes[i].input[p] for i, positions in self.placed().items() for p in positions))

    def is_constant(self, name: str) -> bool:
        return name in self._constants

    def constant(self, name: str) -> Any:
        from onnx import numpy_helper

        return numpy_helper.to_array(self._constants[name])

    def _data_inputs(self, index: int, node: Any) -> tuple[int, ...]:
        if node.op_type not in _DATA or node.domain not in ("", "ai.onnx") or self._kept(index):
            return ()
        given = [p for p in _DATA[node.op_type] if p < len(node.input)]
        if not all(self._is_float(node.input[p]) for p in given):
            return ()
        if node.op_type in ("Conv", "ConvTranspose") and not self.is_constant(node.input[1]):
            return ()  # half a quantized convolution is none
        return tuple(p for p in given if not self.is_constant(node.input[p]))

    def summands(self) -> list[str]:
        """Every computed float value that an addition reads, each once."""
        read = [name for node in self.graph.node if node.op_type == "Add" for name in node.input]
        return [name for name in dict.fromkeys(read) if not self.is_constant(name) and self._is_float(name)]

    def _kept(self, index: int) -> bool:
        """Whether a recipe keeps the node in float: by its own result, or by what was fused behind it."""
        while True:
            name = self.graph.node[index].output[0]
            if name in self._keep_float:
                return True
            users = self._users.get(name, [])
            if len(users) != 1 or self.graph.node[users[0]].op_type not in _FOLLOWS:
                return False
            index = users[0]

    def _is_float(self, name: str) -> bool:
        from onnx import TensorProto

        if self.is_constant(name):
            return bool(self._constants[name].data_type == TensorProto.FLOAT)
        return name in self._types and bool(self._types[name].elem_type == TensorProto.FLOAT)

    def _dims(self, name: str) -> list[int]:
        return [d.dim_value for d in self._types[name].shape.dim] if name in self._types else []

    def _skip_input(self, node: Any) -> tuple[int, ...]:
        """The input that no convolution makes for this addition alone, if one makes the other; see `placement`."""
        if any(self.is_constant(name) or not self._is_float(name) for name in node.input):
            return ()
        if node.input[0] == node.input[1] or self._dims(node.input[0]) != self._dims(node.input[1]):
            return ()
        fused = [p for p, name in enumerate(node.input) if self._fuses(name)]
        if not fused:
            return ()
        last = max(fused, key=lambda p: self._makers[node.input[p]])
        return (1 - last,)

    def _fuses(self, name: str) -> bool:
        """Whether a convolution, batch normalization behind it or not, makes a value that one node alone reads."""
        while name in self._makers and len(self._users[name]) == 1 and name not in self._outputs:
            index = self._makers[name]
            maker = self.graph.node[index]
            if maker.op_type == "Conv":
                return not self._kept(index)
            if maker.op_type != "BatchNormalization":
                return False
            name = maker.input[0]
        return False


def values_to_calibrate(
    content: bytes, keep_float: frozenset[str], whatever_stays: bool = False  # noqa: FBT001, FBT002 - a child's argument
) -> tuple[bytes, list[str]]:  # fmt: skip
    """Return the file, brought up to the least opset where it is below, and the values that get Q/DQ pairs.

    With `whatever_stays`, those too that get one where more nodes stay in float: an addition's other input, once the
    convolution that made it is none of int8.
    """
    own = OwnGraph(content, keep_float)
    values = own.activations()
    if whatever_stays:
        values += [value for value in own.summands() if value not in values]
    return own.model.SerializeToString(deterministic=True), values


def quantize_own_graph(
    content: bytes, ranges: Mapping[str, Range], keep_float: frozenset[str], integer_weights: bool  # noqa: FBT001 - a child's argument
) -> bytes:  # fmt: skip
    """Return a user's file with Q/DQ pairs; `ranges` by value. Names, opset (from 13 on) and layout stay as they were.

    Weights are float behind Q/DQ or, with `integer_weights`, int8 behind DequantizeLinear, as in `translate`.
    """
    from onnx import checker

    own = OwnGraph(content, keep_float)
    placed, writer = own.placed(), PairWriter(own.graph, integer_weights=integer_weights)
    nodes = list(own.graph.node)
    for i, node in enumerate(nodes):
        for position in placed.get(i, ()):
            node.input[position] = writer.activation(node.input[position], ranges[node.input[position]])
        if i in placed and node.op_type in _WEIGHTS:
            for position in (0, 1):
                if own.is_constant(node.input[position]):
                    name, axis = node.input[position], _channel_axis(node, position, own)
                    node.input[position] = writer.weights(name, own.constant(name), axis)
        writer.nodes.append(node)
    del own.graph.node[:]
    own.graph.node.extend(writer.nodes)
    drop_unread(own.graph)
    checker.check_model(own.model)
    written: bytes = own.model.SerializeToString(deterministic=True)
    return written


def _channel_axis(node: Any, position: int, own: OwnGraph) -> int | None:
    """The output channels of weights; None for one scale for all."""
    attrs = {a.name: a.i for a in node.attribute}
    if node.op_type == "Conv":
        return 0
    if node.op_type == "ConvTranspose":
        return 1 if attrs.get("group", 1) == 1 else None
    if position == 0:
        return None
    rank = own.constant(node.input[1]).ndim
    if node.op_type == "Gemm":
        return 0 if attrs.get("transB", 0) else 1
    return 1 if rank == 2 else None
