"""An ONNX graph under construction, and its bytes: same graph, same bytes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager import __version__
from packager.errors import UnsupportedError

_SMALL = 1024
"""Bytes up to which a constant is shown to the checker: shapes and axes are, weights are not."""
_PROTOBUF_LIMIT = 2**31 - 1


class OnnxGraph:
    """Collects nodes and constants; every name in it is unique."""

    def __init__(self, name: str, *, opset: int, reserved: Sequence[str]) -> None:
        """Start empty; `reserved` are the names of the graph's inputs and outputs."""
        from onnx import ModelProto, helper

        self.opset = opset
        opsets = [helper.make_opsetid("", opset)]
        self._model = ModelProto(
            ir_version=helper.find_min_ir_version_for(opsets),
            opset_import=opsets,
            producer_name="edgepack",
            producer_version=__version__,
        )
        # Constants are written straight into the file's own tree: a copy of the weights less to hold.
        self._graph = self._model.graph
        self._graph.name = name
        self._taken: dict[str, int] = dict.fromkeys(reserved, 0)
        self._computed: set[str] = set()
        self.origin = -1
        """The operator of the source graph that the nodes now added come from; -1 for none."""
        self.origins: list[int] = []
        """Of each node, in order."""

    def fresh(self, wanted: str) -> str:
        """Return `wanted`, with a number where it is taken."""
        name = wanted
        while name in self._taken:
            self._taken[wanted] = self._taken.get(wanted, 0) + 1
            name = f"{wanted}_{self._taken[wanted]}"
        self._taken[name] = 0
        return name

    def input(self, name: str, dtype: npt.DTypeLike, dims: tuple[int, ...]) -> None:
        self._graph.input.append(_value_info(name, code_of(dtype), dims))

    def output(self, name: str, dtype: npt.DTypeLike, dims: tuple[int, ...]) -> None:
        self._graph.output.append(_value_info(name, code_of(dtype), dims))

    def node(self, op: str, inputs: Sequence[str], name: str, **attrs: Any) -> str:
        """Add a node with one output, which bears the node's name."""
        return self.node_with(1, op, inputs, name, **attrs)[0]

    def node_with(self, outputs: int, op: str, inputs: Sequence[str], name: str, **attrs: Any) -> tuple[str, ...]:
        """Add a node with several outputs and return their names."""
        from onnx import helper

        names = tuple(self.fresh(name) for _ in range(outputs))
        self._graph.node.append(helper.make_node(op, list(inputs), list(names), name=names[0], **attrs))
        self._computed.update(names)
        self.origins.append(self.origin)
        return names

    def computes(self, value: str) -> bool:
        """Whether a node of the graph puts out `value`: it is no input and no constant."""
        return value in self._computed

    def identity(self, value: str, output: str) -> None:
        """Put out a value a second time, under the reserved name of a graph output."""
        from onnx import helper

        self._graph.node.append(helper.make_node("Identity", [value], [output], name=output))
        self.origins.append(self.origin)

    def constant(self, array: npt.NDArray[Any], name: str) -> str:
        unique = self.fresh(name)
        self._graph.initializer.add(
            name=unique,
            data_type=code_of(array.dtype),
            dims=array.shape,
            raw_data=array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes(),
        )
        return unique

    def rename(self, old: str, new: str) -> None:
        """Give a computed value the (reserved) name of a graph output."""
        for node in self._graph.node:
            node.input[:] = [new if name == old else name for name in node.input]
            node.output[:] = [new if name == old else name for name in node.output]

    def serialize(self) -> bytes:
        """Check the graph and return the file.

        Raises:
            UnsupportedError: the file would pass the 2 GiB that protobuf allows.
        """
        if self._model.ByteSize() > _PROTOBUF_LIMIT:
            raise UnsupportedError(
                f"{self._graph.name}: over 2 GiB, too much for one ONNX file", hint="prune the model"
            )
        self._check()
        content: bytes = self._model.SerializeToString(deterministic=True)
        return content

    def _check(self) -> None:
        """Run ONNX's full checker with weights as inputs: it copies what it gets, and types are all it needs."""
        from onnx import ModelProto, checker

        skeleton = ModelProto(
            ir_version=self._model.ir_version,
            opset_import=self._model.opset_import,
        )
        skeleton.graph.name = self._graph.name
        skeleton.graph.node.extend(self._graph.node)
        skeleton.graph.input.extend(self._graph.input)
        skeleton.graph.output.extend(self._graph.output)
        for constant in self._graph.initializer:
            if len(constant.raw_data) <= _SMALL:
                skeleton.graph.initializer.append(constant)
            else:
                skeleton.graph.input.append(_value_info(constant.name, constant.data_type, tuple(constant.dims)))
        checker.check_model(skeleton, full_check=True)


def code_of(dtype: npt.DTypeLike) -> int:
    """Return ONNX's number of a numpy type."""
    from onnx import helper

    return int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))


def _value_info(name: str, data_type: int, dims: tuple[int, ...]) -> Any:
    from onnx import helper

    return helper.make_tensor_value_info(name, data_type, dims)
