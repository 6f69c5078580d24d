"""What TensorRT's ONNX parser will refuse, node by node, told before it runs.

The facts are of the parser's own tables and sources, release by release, in `targets/tensorrt`; TensorRT was not run.
"""

import dataclasses
from collections.abc import Iterator

from packager.config.tensorrt import OnnxParser, load_onnx_parser, load_rewrites
from packager.errors import Diagnostic, Severity
from packager.plan._tensorrt_rules import rule_named
from packager.plan.onnx_graph import OnnxGraph, OnnxNode

_CAST_DOWN = {"INT64": "INT32", "FP64": "FP32"}
"""The parser casts these down; TensorRT 10 has int64 itself."""
_MAX_RANK = 8
"""`nvinfer1::Dims::MAX_DIMS`."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A node that the parser refuses, or may."""

    node: int
    """Index in the graph; -1 for the graph as a whole."""
    diagnostic: Diagnostic
    """An error where the parser refuses it, a warning where no source settles it."""


def check_onnx(graph: OnnxGraph, version: str) -> tuple[Finding, ...]:
    """Name every node that the parser of a TensorRT (``8.2.1``) refuses, and say what to write instead.

    A node computed from shapes and constants alone is warned of only: what folds constants takes it away.

    Raises:
        ConfigError: nothing is known of that TensorRT.
    """
    parser = load_onnx_parser(version)
    rewrites = load_rewrites()
    return tuple(
        Finding(
            node=i,
            diagnostic=Diagnostic(
                severity=Severity.ERROR if certain and not _folds(node) else Severity.WARNING,
                where=node.where,
                message=f"TensorRT {parser.version} {'refuses it' if certain else 'may refuse it'}: {why}",
                hint=hint or rewrites.get(node.op, ""),
            ),
        )
        for i, node in enumerate(graph.nodes)
        for why, certain, hint in _problems(node, parser)
    )


def _problems(node: OnnxNode, parser: OnnxParser) -> Iterator[tuple[str, bool, str]]:
    """Yield what is wrong, whether that is certain, and a remedy (empty for the operator's own rewrite)."""
    if node.domain:
        yield f"{node.domain}::{node.op} needs a plugin of that name", False, "register it before the engine is built"
        return
    if node.op not in parser.types:
        yield "the parser has no such operator", True, ""
        return
    if reason := parser.unsure.get(node.op):
        yield reason, False, ""
    if node.defined > parser.max_opset:
        yield (
            f"it is as opset {node.defined} defines it, and the parser's documentation ends at {parser.max_opset}",
            False,
            f"export the model with opset {parser.max_opset} or lower",
        )
    yield from _types(node, parser)
    yield from _constants(node, parser)
    for rule in parser.rules.get(node.op, ()):
        if why := rule_named(rule)(node):
            yield why, True, _REMEDIES.get(rule, "")
    ranks = [len(v.dims) for v in (*node.inputs, *node.outputs) if v is not None and v.dims is not None]
    if max(ranks, default=0) > _MAX_RANK:
        yield f"a tensor has {max(ranks)} dimensions; {_MAX_RANK} are the most", True, "reshape it"


_REMEDIES = {
    "symmetric": "quantize symmetrically: give EdgePack the float model",
    "has_zero_point": "give it an int8 zero point of 0",
    "not_uint8": "quantize to int8, symmetrically: give EdgePack the float model",
    "one_to_three_spatial_axes": "reshape to fewer axes",
    "small_k": "take fewer, or sort on the CPU",
    "resize_modes": "use nearest or linear with half_pixel, asymmetric or align_corners",
    "zeros_on_two_axes": "pad in the convolution itself, or update JetPack: TensorRT 8.2 takes it",
    "undilated": "pool with a larger undilated window, or in two steps",
}
"""Where a condition is broken, which the operator's rewrite does not answer."""


def _types(node: OnnxNode, parser: OnnxParser) -> Iterator[tuple[str, bool, str]]:
    allowed = parser.types[node.op].split()
    for position in node.typed:
        value = node.input(position)
        if value is None or not value.dtype or value.dtype in allowed or _CAST_DOWN.get(value.dtype) in allowed:
            continue
        hint = "cast it to float first" if "FP32" in allowed else "cast it first"
        yield f"input {value.name!r} is {value.dtype}; it takes {', '.join(allowed)}", True, hint
        return


def _constants(node: OnnxNode, parser: OnnxParser) -> Iterator[tuple[str, bool, str]]:
    for position in parser.constant.get(node.op, ()):
        value = node.input(position)
        if value is not None and not value.constant:
            hint = "fold constants first, for example with polygraphy surgeon sanitize --fold-constants"
            remedy = hint if value.foldable else "make it a constant where the model is exported"
            yield f"input {value.name!r} is computed and must be an initializer", not value.foldable, remedy


def _folds(node: OnnxNode) -> bool:
    return all(value.foldable for value in node.outputs)
