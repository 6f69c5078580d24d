"""A `.tflite` file as a `Model`; loses nothing, trusts nothing."""

import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import ConfigError, EdgePackError, UnsupportedError
from packager.ir._schema import IDENTIFIER, dtype_of, fields_of, names_of, schema
from packager.ir.model import Graph, Model, Node, Residue, Signature, Tensor, frozen
from packager.ir.quant import QuantParams
from packager.ir.types import TensorType
from packager.ir.verify import verify

_DAMAGE = (
    struct.error,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    OverflowError,
    AttributeError,
    MemoryError,
    AssertionError,
)
"""What the flatbuffers library raises when it follows a damaged offset."""


def read_tflite(path: Path) -> Model:
    """Read a file; the model is named after it.

    Raises:
        ConfigError: the file is missing or unreadable.
        UnsupportedError: it is not a TFLite file, or a damaged one.
    """
    try:
        blob = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="check the path and its permissions") from None
    return read_tflite_bytes(blob, name=path.stem, source=str(path))


def read_tflite_bytes(blob: bytes, *, name: str = "model", source: str = "model") -> Model:
    """Read a model from memory. Constants are views into `blob`, not copies.

    Raises:
        UnsupportedError: as `read_tflite`; `source` names the file in the message.
    """
    if len(blob) < 16 or blob[4:8] != IDENTIFIER:
        raise UnsupportedError(f"{source}: not a TFLite file", hint="a TFLite file holds 'TFL3' at byte 4")
    try:
        model = _Reader(blob).model(name)
    except EdgePackError as error:
        raise UnsupportedError(f"{source}: {error}", hint=error.hint) from None
    except _DAMAGE as error:
        raise UnsupportedError(
            f"{source}: damaged TFLite file: {error}",
            hint="copy or export it again; compare its size with the original",
        ) from None
    if problems := list(verify(model)):
        raise UnsupportedError(
            f"{source}: damaged TFLite file: {problems[0]}",
            hint="copy or export it again; compare its size with the original",
        )
    return model


class _Reader:
    def __init__(self, blob: bytes) -> None:
        self._blob = blob
        self._bytes = np.frombuffer(blob, np.uint8)
        self._file = schema().Model.GetRootAs(blob, 0)
        self._buffers: list[npt.NDArray[np.uint8] | None] = []

    def model(self, name: str) -> Model:
        file = self._file
        self._buffers = [self._buffer(b) for b in self._each(file.BuffersLength, file.Buffers)]
        codes = [self._code(c) for c in self._each(file.OperatorCodesLength, file.OperatorCodes)]
        description = file.Description()
        return Model(
            name=name,
            version=file.Version(),
            description=None if description is None else description.decode(errors="surrogateescape"),
            graphs=tuple(self._graph(g, codes) for g in self._each(file.SubgraphsLength, file.Subgraphs)),
            signatures=tuple(
                _signature(s, self._each) for s in self._each(file.SignatureDefsLength, file.SignatureDefs)
            ),
            metadata=tuple(self._metadata(m) for m in self._each(file.MetadataLength, file.Metadata)),
        )

    def _each(self, length: Callable[[], int], get: Callable[[int], Any]) -> list[Any]:
        count = length()
        if count * 4 > len(self._blob):  # each entry is at least an offset of four bytes
            raise ValueError(f"a vector claims {count} entries in a file of {len(self._blob)} bytes")
        return [get(i) for i in range(count)]

    def _buffer(self, buffer: Any) -> npt.NDArray[np.uint8] | None:
        if buffer.Offset() > 1:  # weights over 2 GB sit behind the flatbuffer
            end = buffer.Offset() + buffer.Size()
            if end > len(self._blob):
                raise ValueError(f"a buffer ends at byte {end} of {len(self._blob)}")
            return self._bytes[buffer.Offset() : end]
        data = buffer.DataAsNumpy() if not buffer.DataIsNone() else 0
        return None if isinstance(data, int) else data

    def _code(self, code: Any) -> tuple[str, str, int]:
        # Before TF 2.4 the number sat in a byte; readers of either age look at the larger of the two fields.
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        custom = code.CustomCode()
        op = names_of("BuiltinOperator").get(number)
        if op is None:
            raise UnsupportedError(
                f"operator code {number} is not in TFLite's schema",
                hint="the file is damaged or newer than this EdgePack",
            )
        return op, "" if custom is None else custom.decode(errors="surrogateescape"), code.Version()

    def _graph(self, graph: Any, codes: Sequence[tuple[str, str, int]]) -> Graph:
        name = graph.Name()
        return Graph(
            name="" if name is None else name.decode(errors="surrogateescape"),
            tensors=tuple(self._tensor(t) for t in self._each(graph.TensorsLength, graph.Tensors)),
            nodes=tuple(self._node(o, codes) for o in self._each(graph.OperatorsLength, graph.Operators)),
            inputs=_ints(graph.InputsAsNumpy()),
            outputs=_ints(graph.OutputsAsNumpy()),
        )

    def _tensor(self, tensor: Any) -> Tensor:
        shape = None if tensor.ShapeIsNone() else _ints(tensor.ShapeAsNumpy())
        quant, details = _quant(tensor.Quantization())
        type_ = TensorType(
            dtype=dtype_of(tensor.Type()),
            shape=shape,
            quant=quant,
            has_rank=tensor.HasRank(),
            signature=None if tensor.ShapeSignatureIsNone() else _ints(tensor.ShapeSignatureAsNumpy()),
        )
        table = schema().TensorT.InitFromObj(tensor)
        rest = {"details": details, "sparsity": table.sparsity, "variant_tensors": table.variantTensors}
        residue = {key: value for key, value in rest.items() if value is not None}
        if table.externalBuffer:
            raise UnsupportedError("weights in an external file", hint="export the model as one file")
        name = tensor.Name()
        return Tensor(
            name="" if name is None else name.decode(errors="surrogateescape"),
            type=type_,
            data=self._data(type_, tensor.Buffer(), sparse=table.sparsity is not None),
            is_variable=tensor.IsVariable(),
            residue=Residue(fields=MappingProxyType(residue)) if residue else None,
        )

    def _data(self, type_: TensorType, buffer: int, *, sparse: bool) -> npt.NDArray[Any] | None:
        raw = self._buffers[buffer]
        if raw is None or (raw.size == 0 and type_.elements):
            return None
        if type_.dtype.numpy is None or sparse:
            return frozen(raw)
        if raw.size != type_.nbytes:
            raise ValueError(f"a tensor of {type_.nbytes} bytes has a buffer of {raw.size}")
        return frozen(np.frombuffer(raw.data, type_.dtype.numpy).reshape(type_.dims))

    def _node(self, operator: Any, codes: Sequence[tuple[str, str, int]]) -> Node:
        op, custom_code, version = codes[operator.OpcodeIndex()]
        table = schema().OperatorT.InitFromObj(operator)
        attrs, kind = table.builtinOptions, names_of("BuiltinOptions")[table.builtinOptionsType]
        if table.builtinOptions2Type:
            attrs, kind = table.builtinOptions2, names_of("BuiltinOptions2")[table.builtinOptions2Type]
        rest = {
            "custom_options_format": table.customOptionsFormat or None,
            "intermediates": _ints(table.intermediates) if table.intermediates is not None else None,
            "mutating_variable_inputs": table.mutatingVariableInputs,
        }
        residue = {key: value for key, value in rest.items() if value is not None}
        return Node(
            op=op,
            version=version,
            custom_code=custom_code,
            inputs=_ints(table.inputs),
            outputs=_ints(table.outputs),
            attrs=fields_of(attrs),
            options="" if kind == "NONE" or attrs is None else kind,  # a type without its table says nothing
            custom_options=self._custom(table),
            residue=Residue(fields=MappingProxyType(residue)) if residue else None,
        )

    def _custom(self, table: Any) -> bytes | None:
        if table.largeCustomOptionsOffset > 1:
            start = table.largeCustomOptionsOffset
            return self._blob[start : start + table.largeCustomOptionsSize]
        return None if table.customOptions is None else bytes(table.customOptions)

    def _metadata(self, entry: Any) -> tuple[str, bytes | None]:
        data = self._buffers[entry.Buffer()]
        return (entry.Name() or b"").decode(errors="surrogateescape"), None if data is None else data.tobytes()


def _quant(table: Any) -> tuple[QuantParams | None, Any]:
    if table is None:
        return None, None
    q = schema().QuantizationParametersT.InitFromObj(table)
    params = QuantParams(
        scale=_floats(q.scale) or (),
        zero_point=_ints(q.zeroPoint),
        axis=q.quantizedDimension,
        minimum=_floats(q.min),
        maximum=_floats(q.max),
        has_vectors=q.scale is not None,
    )
    return params, (q.detailsType, q.details) if q.details is not None else None


def _signature(entry: Any, each: Callable[..., list[Any]]) -> Signature:
    def pairs(length: Callable[[], int], get: Callable[[int], Any]) -> tuple[tuple[str, int], ...]:
        return tuple(((m.Name() or b"").decode(), m.TensorIndex()) for m in each(length, get))

    return Signature(
        key=(entry.SignatureKey() or b"").decode(),
        graph=entry.SubgraphIndex(),
        inputs=pairs(entry.InputsLength, entry.Inputs),
        outputs=pairs(entry.OutputsLength, entry.Outputs),
    )


def _ints(vector: Any) -> tuple[int, ...]:
    return () if vector is None or isinstance(vector, int) else tuple(int(v) for v in vector)


def _floats(vector: Any) -> tuple[float, ...] | None:
    return None if vector is None else tuple(float(v) for v in vector)
