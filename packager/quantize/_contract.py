"""The nouns of quantization: ranges, a plan with its reasons, and the outcome."""

import dataclasses
from collections.abc import Mapping

from packager.errors import Diagnostic
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """The real values that a tensor's integers will cover; contains zero."""

    low: float
    high: float
    reason: str
    """``minimum and maximum of 200 inputs``; ``fixed by SOFTMAX``."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PlannedOp:
    """What happens to one operator of the float graph."""

    index: int
    where: str
    scheme: str
    reason: str
    name: str = ""
    """Of its first output, which the quantized graph keeps."""
    per_channel: bool = True
    """Of its weights; means something only where it has some."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class QuantPlan:
    """Who is quantized how, and why; made before anything is changed, shown in the report."""

    recipe: str
    engine: str
    """``litert`` (the C++ quantizer of the LiteRT package), ``ai-edge-quantizer`` or ``none``."""
    ranges: Mapping[int, Range]
    """By tensor index of the float model."""
    ops: tuple[PlannedOp, ...]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Quantized:
    """The outcome: the model that every artifact of the build is made from."""

    model: Model
    """Full integer (or as the recipe asks), checked."""
    float_model: Model | None
    """The float model, normalised (batch 1, static, folded); None where the source was quantized already. Jetson
    quantizes it anew, symmetrically, from `ranges`."""
    ranges: Mapping[int, Range]
    """Calibrated ranges by tensor index of `float_model`; empty where that is None."""
    plan: QuantPlan | None
    """None where the source was quantized already."""
    notes: tuple[Diagnostic, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
