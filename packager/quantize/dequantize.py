"""The float model that an integer TFLite model stands for, and the ranges its quantization implies."""

import dataclasses

import numpy as np

from packager.ir import DType, Graph, Model, Node, QuantParams, Tensor, TensorType, compact, frozen
from packager.quantize._contract import Range

_REASON = "quantization of the source model"


def dequantize(model: Model) -> tuple[Model, dict[int, Range]]:
    """Return `model` in float, and the range of each activation by tensor index of the new model.

    Weights become ``scale * (q - zero point)`` and biases ``scale * q``; QUANTIZE and DEQUANTIZE operators are dropped.
    Weights quantized symmetrically keep their scales as the tensor's `quant`, so that whoever quantizes them again gets
    the same integers.
    """
    graph = model.main
    alias = _aliases(graph)
    ranges = {t: _range(graph.type_of(t)) for t in graph.activations() if graph.type_of(t).is_quantized}
    for dropped, source in alias.items():
        if dropped in ranges:
            ranges.setdefault(source, ranges[dropped])
    floats = dataclasses.replace(
        graph,
        tensors=tuple(_float(tensor) for tensor in graph.tensors),
        nodes=tuple(_rewired(n, alias) for n in graph.nodes if not _is_conversion(graph, n)),
        outputs=tuple(alias.get(t, t) for t in graph.outputs),
    )
    signatures = tuple(
        dataclasses.replace(s, outputs=tuple((name, alias.get(t, t)) for name, t in s.outputs)) if s.graph == 0 else s
        for s in model.signatures
    )
    whole = dataclasses.replace(model.with_main(floats), signatures=signatures)
    small = compact(whole)
    return small, _renumbered(ranges, floats, small.main)


def _is_conversion(graph: Graph, node: Node) -> bool:
    return node.op in ("QUANTIZE", "DEQUANTIZE") and not graph.tensors[node.inputs[0]].is_constant


def _aliases(graph: Graph) -> dict[int, int]:
    """What each dropped operator puts out, to the tensor that it converts."""
    alias: dict[int, int] = {}
    for node in graph.nodes:
        if _is_conversion(graph, node):
            source = node.inputs[0]
            alias[node.outputs[0]] = alias.get(source, source)
    return alias


def _rewired(node: Node, alias: dict[int, int]) -> Node:
    return dataclasses.replace(node, inputs=tuple(alias.get(t, t) for t in node.inputs))


def _range(type_: TensorType) -> Range:
    info = np.iinfo(np.dtype(type_.dtype.value))
    ends = [type_.scale * (int(end) - type_.zero_point) for end in (info.min, info.max)]
    return Range(low=min(*ends, 0.0), high=max(*ends, 0.0), reason=_REASON)


def _float(tensor: Tensor) -> Tensor:
    type_ = tensor.type
    if not type_.is_quantized:
        return tensor
    assert type_.quant is not None
    data = None if tensor.data is None else frozen(type_.quant.dequantize(tensor.data))
    kept = type_.quant if tensor.is_constant and type_.dtype is DType.INT8 and not any(type_.quant.zero_point) else None
    real = dataclasses.replace(type_, dtype=DType.FLOAT32, quant=_scales_only(kept))
    return dataclasses.replace(tensor, type=real, data=data)


def _scales_only(quant: QuantParams | None) -> QuantParams | None:
    return None if quant is None else dataclasses.replace(quant, minimum=None, maximum=None)


def _renumbered(ranges: dict[int, Range], before: Graph, after: Graph) -> dict[int, Range]:
    """Carry ranges over `compact`, which moves tensors and leaves them as they are."""
    old = {id(tensor): index for index, tensor in enumerate(before.tensors)}
    came_from = {new: old[id(tensor)] for new, tensor in enumerate(after.tensors)}
    return {new: ranges[index] for new, index in came_from.items() if index in ranges}
