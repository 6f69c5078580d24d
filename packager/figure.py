"""Numbers that say how they were come by. A report is a list of these; a gate reads nothing else."""

import dataclasses
import enum
from collections.abc import Iterable


class Basis(enum.StrEnum):
    MEASURED = "measured"
    SIMULATED = "simulated"
    ESTIMATED = "estimated"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    name: str
    """Dotted, from the design's list: ``latency.p50.ms``."""
    value: float
    unit: str
    """``B``, ``ms``, ``1``, ``%``, ``MAC``, ``dB``, ``1/s``, ``mJ``, ``s``, ``cycles``."""
    basis: Basis
    source: str
    """On what it was measured, or from what it was computed."""
    low: float | None = None
    high: float | None = None
    """The band, where the value is uncertain; a gate uses its unsafe end."""
    on: str = ""
    """The target that it was measured on, ``host`` for the machine that built; empty where it holds for the report's
    target or for any machine. A gate on a board does not take the host's time for the board's."""

    @property
    def worst(self) -> float:
        """The end of the band that a limit from above must hold against."""
        return self.value if self.high is None else self.high

    @property
    def least(self) -> float:
        """The end of the band that a limit from below must hold against."""
        return self.value if self.low is None else self.low


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """What one layer costs the whole float model as it alone is compressed further and further."""

    layer: str
    """The operator's name."""
    what: str
    """``channels`` (the share of them removed), ``weights`` (the share of them zeroed) or ``int8`` (one point)."""
    at: tuple[float, ...]
    losses: tuple[float, ...]
    """Distillation loss at each point."""
    values: tuple[float, ...]
    """Accuracy, agreement or SQNR at each point."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LayerCost:
    """What a step cost by what it did to one layer, and to what is behind it up to the next."""

    layer: str
    """The operator's name."""
    sqnr_db: float
    """Signal to noise of its output against that before the step, over the channels that are left. It holds the errors
    of the layers before."""
    loss: float
    """Distillation loss that the layer adds; all layers' add up to the step's."""
    drop: float
    """Accuracy, agreement or SQNR that it costs, in points or dB; the same."""


def by_cost(costs: Iterable[LayerCost]) -> list[LayerCost]:
    """Dearest first, by loss; of like loss as they come."""
    return sorted(costs, key=lambda cost: -cost.loss)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """What was done layer by layer, for people; cells are text already."""

    columns: tuple[str, ...] = ()
    """Headings; one with ``>`` in front is of numbers."""
    rows: tuple[tuple[str, ...], ...] = ()


class Place(enum.StrEnum):
    """Where an operator runs."""

    CPU = "cpu"
    TPU = "tpu"
    GPU = "gpu"
    FPGA = "fpga"
    UNCERTAIN = "uncertain"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One row of the report's table, one operator of the artifact's graph, in its order."""

    index: int
    name: str
    op: str
    bytes: int
    """Of the constants that this operator is the first to read."""
    macs: int
    placement: Place
    reason: str = ""
    """Why it is placed there, or how its weights lie there, in one clause; empty where nothing is remarkable."""
    latency_ms: float | None = None
    sqnr_db: float | None = None
    """Signal to quantization noise of its output against the float model."""
