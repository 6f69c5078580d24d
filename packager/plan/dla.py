"""What the DLA of a Jetson will run of an ONNX graph, and what stays on the GPU, told before TensorRT runs.

The facts are NVIDIA's tables, in `targets/tensorrt/dla.toml`. What they leave open has an open verdict: the builder
alone knows, and with `--allowGPUFallback` it decides by itself.
"""

import dataclasses
from collections.abc import Callable

from packager.config.tensorrt import DlaFacts, load_dla, release_numbers
from packager.plan.onnx_graph import OnnxGraph, OnnxNode, Value

Rule = Callable[[OnnxNode], str]
_ORIN = "8.7"
"""Its compute capability."""
_FLOATS = ("FP32", "FP16")
_SEEN_WINDOW = 7
"""The sources give the DLA's pooling a limit without its number; ResNet-50, which NVIDIA runs on it, pools over 7x7."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Offload:
    """Whether one node may run on the DLA, in float16."""

    takes: bool | None
    """None where no source settles it."""
    why: str = ""
    hint: str = ""

    def __str__(self) -> str:
        word = {True: "the DLA takes it in float16", False: "not on the DLA", None: "perhaps on the DLA"}[self.takes]
        return word + (f": {self.why}" if self.why else "") + (f" ({self.hint})" if self.hint else "")


def offload(graph: OnnxGraph, version: str, compute_capability: str) -> tuple[Offload, ...]:
    """Return a verdict per node. The operators' table is of Orin's DLA; of Xavier's it says "many"."""
    facts = load_dla()
    return tuple(_verdict(node, facts, version, orin=compute_capability == _ORIN) for node in graph.nodes)


def _verdict(node: OnnxNode, facts: DlaFacts, version: str, *, orin: bool) -> Offload:
    hint = facts.rewrites.get(node.op, "")
    if why := _refusal(node, facts, version):
        return Offload(takes=False, why=why, hint=hint)
    open_ = facts.unsure.get(node.op) or _large_window(node)
    if not open_ and not orin:
        open_ = "the table of operators is of Orin's DLA"
    return Offload(takes=None, why=open_) if open_ else Offload(takes=True)


def _refusal(node: OnnxNode, facts: DlaFacts, version: str) -> str:
    if release_numbers(version) > release_numbers(facts.last):
        return f"TensorRT {facts.last} was the last with a DLA"
    since = facts.native.get(node.op)
    if since is None or node.domain:
        return f"it runs no {node.op}"
    if release_numbers(since, 3) > release_numbers(version, 3):
        return f"TensorRT {since} is the first that gives it {node.op}"
    values = [v for v in (*node.inputs, *node.outputs) if v is not None]
    found = (rule_named(rule)(node) for rule in facts.rules.get(node.op, ()))
    return _shapes(values, facts) or _types(node) or next(filter(None, found), "")


def _shapes(values: list[Value], facts: DlaFacts) -> str:
    for value in values:
        dims = value.dims or ()
        if not value.constant and -1 in dims:
            return f"{value.name!r} has an open dimension"
        if any(size > facts.max_size for size in dims[1:]):
            return f"{value.name!r} is {'x'.join(map(str, dims))}; {facts.max_size} is the largest size"
        if dims and not value.constant and dims[0] > facts.max_batch:
            return f"a batch of {dims[0]}; {facts.max_batch} is the largest"
    return ""


def _types(node: OnnxNode) -> str:
    """The DLA computes in float16 and int8 only; what is float32 in the file becomes float16."""
    for position in node.typed:
        value = node.input(position)
        if value is not None and value.dtype and value.dtype not in _FLOATS:
            return f"input {value.name!r} is {value.dtype}"
    return ""


def _large_window(node: OnnxNode) -> str:
    size = max(node.ints("kernel_shape"), default=0) if node.op in ("AveragePool", "MaxPool") else 0
    return f"a window of {size}; the sources do not say how large one may be" if size > _SEEN_WINDOW else ""


def rule_named(name: str) -> Rule:
    """Return the function of this module that `dla.toml` names; each answers as those of `_tensorrt_rules`."""
    rule: Rule = globals()[name]
    return rule


def two_spatial_axes(node: OnnxNode) -> str:
    value = node.input(0)
    rank = 4 if value is None or value.dims is None else len(value.dims)
    return "" if rank == 4 else f"it has {rank - 2} spatial axes; 2 are taken"


def window_to_32(node: OnnxNode) -> str:
    if any(size > 32 for size in node.ints("kernel_shape")):
        return "its kernel is larger than 32"
    return "its stride is larger than 8" if any(step > 8 for step in node.ints("strides")) else ""


def along_channels(node: OnnxNode) -> str:
    axis = int(node.attrs.get("axis", 1))
    rank = len(node.outputs[0].dims or ()) or 4
    return "" if axis % rank == 1 else f"it concatenates along axis {axis}; channels alone are taken"


def plain_deconvolution(node: OnnxNode) -> str:
    if node.attrs.get("group", 1) != 1 or any(d != 1 for d in node.ints("dilations")):
        return "it is grouped or dilated"
    return "it is padded" if any(node.ints("pads")) or node.text("auto_pad", "NOTSET").startswith("SAME") else ""


def constant_weights(node: OnnxNode) -> str:
    weights = node.input(1)
    return "" if weights is None or weights.foldable else "its second input is computed"
