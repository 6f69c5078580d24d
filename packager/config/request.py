"""What one `edgepack build` was asked for."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class BuildRequest:
    model: Path
    targets: tuple[str, ...]
    out: Path
    calibration: str = ""
    """A data file or folder; ``random`` for inputs drawn from nothing, which marks the report untrusted."""
    train: Path | None = None
    """What the steps of compression that train take, with labels ``y`` or without; empty for `calibration`."""
    eval: Path | None = None
    recipe: str = ""
    """A shipped recipe or a file; empty for each target's own."""
    arithmetic: str = ""
    """``xnnpack`` or ``integer``; empty for each target's own."""
    budget: Path | None = None
    name: str = ""
    """Of the bundle; empty for the model file's."""
    version: str = "0.1.0"
    input_shapes: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    """Shapes for inputs with dynamic dimensions, by input name; the empty name means the only input."""
    cut_at: tuple[str, ...] = ()
    """Tensors that the graph shall end at, in place of its own outputs; empty to leave it whole."""
    inputs: str = ""
    outputs: str = ""
    """Types of the model's inputs and outputs; empty for the recipe's."""
    keep_dead: bool = False
    """Leave channels in that can't change the output."""
    prune: str = ""
    """The share of multiply-accumulates to prune, or a TOML file; empty to prune nothing but dead channels."""
    max_drop: float | None = None
    """Points of accuracy that pruning may cost."""
    c_prefix: str = "model"
    """Of the names that the C runtime exports: one program holds several models if each has another."""
    measure: bool = True
    """Time the artifact on this machine."""
    seed: int = 0
    frames_per_second: float | None = None
    """That are enough of an FPGA, at least cost; None for the recipe's."""
