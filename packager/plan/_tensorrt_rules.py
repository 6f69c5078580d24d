"""Conditions under which TensorRT's parser takes an operator; each named in `targets/tensorrt/parser-*.toml`.

A rule returns what is wrong in half a sentence, empty where it holds. What the file leaves open counts as held.
"""

from collections.abc import Callable

from packager.plan.onnx_graph import OnnxNode

Rule = Callable[[OnnxNode], str]
_MAX_K = 3840
"""The parser's table names it from TensorRT 10.1 on; the kernel's limit is older."""
_TRANSFORMS = ("half_pixel", "pytorch_half_pixel", "tf_half_pixel_for_nn", "asymmetric", "align_corners")
_NEAREST = ("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")


def rule_named(name: str) -> Rule:
    """Return the function of this module that a table names."""
    rule: Rule = globals()[name]
    return rule


def one_to_three_spatial_axes(node: OnnxNode) -> str:
    rank = _rank(node)
    return f"it has {rank - 2} spatial axes; 1 to 3 are taken" if rank is not None and not 3 <= rank <= 5 else ""


def rank_2(node: OnnxNode) -> str:
    return _of_rank(node, 2, 2)


def rank_4(node: OnnxNode) -> str:
    return _of_rank(node, 4, 4)


def rank_3_to_5(node: OnnxNode) -> str:
    return _of_rank(node, 3, 5)


def undilated(node: OnnxNode) -> str:
    return "it is dilated" if any(d != 1 for d in node.ints("dilations")) else ""


def one_output(node: OnnxNode) -> str:
    return "an output beside the first is used" if len(node.outputs) > 1 else ""


def inference_only(node: OnnxNode) -> str:
    mode = node.input(2) if node.op == "Dropout" else None
    training = bool(node.attrs.get("training_mode", 0))
    if mode is not None and mode.data is not None:
        training = bool(mode.data.any())
    return "it is in training mode" if training else ""


def symmetric(node: OnnxNode) -> str:
    """Zero points all zero, scales above zero (the parser's QuantDequantLinearHelper)."""
    scale, zero_point = node.input(1), node.input(2)
    if scale is not None and scale.data is not None and not (scale.data > 0).all():
        return "a scale is not above zero"
    if zero_point is not None and zero_point.data is not None and zero_point.data.astype(int).any():
        return "its zero point is not 0"
    return ""


def has_zero_point(node: OnnxNode) -> str:
    return "" if node.input(2) is not None else "it has no zero point, which this parser asks for"


def not_uint8(node: OnnxNode) -> str:
    zero_point = node.input(2)
    return "its result is uint8" if zero_point is not None and zero_point.dtype == "UINT8" else ""


def small_k(node: OnnxNode) -> str:
    k = node.input(1)
    wanted = int(k.data.max(initial=0)) if k is not None and k.data is not None else int(node.attrs.get("k", 0))
    return f"K is {wanted}; it must be below {_MAX_K}" if wanted >= _MAX_K else ""


def sorted_k(node: OnnxNode) -> str:
    return "" if node.attrs.get("sorted", 1) else "sorted = 0"


def resize_modes(node: OnnxNode) -> str:
    mode, transform = node.text("mode", "nearest"), node.text("coordinate_transformation_mode", "half_pixel")
    if mode not in ("nearest", "linear"):
        return f"mode = {mode!r}; nearest and linear are taken"
    if transform not in _TRANSFORMS:
        return f"coordinate_transformation_mode = {transform!r}"
    nearest = node.text("nearest_mode", "round_prefer_floor")
    if mode == "nearest" and nearest not in _NEAREST:
        return f"nearest_mode = {nearest!r}"
    if node.attrs.get("antialias", 0):
        return "antialias = 1"
    policy = node.text("keep_aspect_ratio_policy", "stretch")
    return "" if policy == "stretch" else f"keep_aspect_ratio_policy = {policy!r}"


def nearest_or_linear(node: OnnxNode) -> str:
    mode = node.text("mode", "nearest")
    return "" if mode in ("nearest", "linear") else f"mode = {mode!r}; nearest and linear are taken"


def zeros_on_two_axes(node: OnnxNode) -> str:
    """The parser of TensorRT 8.0 pads with its padding layer: zeros, on two axes."""
    mode, value, pads = node.text("mode", "constant"), node.input(2), node.input(1)
    if mode != "constant":
        return f"mode = {mode!r}; this parser pads with zeros"
    if value is not None and value.data is not None and value.data.any():
        return "it pads with another value than zero"
    if pads is None or pads.data is None:
        return ""
    half = len(pads.data) // 2
    axes = sum(bool(pads.data[i] or pads.data[i + half]) for i in range(half))
    return f"it pads {axes} axes; this parser pads two" if axes > 2 else ""


def same_activations(node: OnnxNode) -> str:
    """For bidirectional networks, the same activation functions forward and back."""
    functions = [f.decode() if isinstance(f, bytes) else str(f) for f in node.attrs.get("activations", ())]
    half = len(functions) // 2
    bidirectional = node.text("direction", "forward") == "bidirectional"
    differ = bidirectional and functions[:half] != functions[half:]
    return "its activation functions differ between the directions" if differ else ""


def plain_lstm(node: OnnxNode) -> str:
    odd = [key for key in ("input_forget", "layout") if node.attrs.get(key, 0)]
    return f"{odd[0]} is not 0" if odd else ""


def no_reduction(node: OnnxNode) -> str:
    reduction = node.text("reduction", "none")
    return "" if reduction == "none" else f"reduction = {reduction!r}"


def plain_einsum(node: OnnxNode) -> str:
    """No ellipsis and no diagonal."""
    equation = node.text("equation", "").replace(" ", "")
    if "..." in equation:
        return f"equation {equation!r} has an ellipsis"
    terms = equation.partition("->")[0].split(",")
    return f"equation {equation!r} takes a diagonal" if any(len(set(t)) < len(t) for t in terms) else ""


def _of_rank(node: OnnxNode, least: int, most: int) -> str:
    rank = _rank(node)
    wanted = str(least) if least == most else f"{least} to {most}"
    return "" if rank is None or least <= rank <= most else f"its input is of rank {rank}; {wanted} is taken"


def _rank(node: OnnxNode) -> int | None:
    value = node.input(0)
    return len(value.dims) if value is not None and value.dims is not None else None
