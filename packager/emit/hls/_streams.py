"""Processes and the streams between them, and what a frame alone takes to pass."""

import dataclasses
import itertools
from collections.abc import Sequence

from packager.emit.hls._stage import Stage
from packager.plan.fpga_estimate import Cost, Fit, fifo, total

DEPTH = 16
"""Beats between processes; 2 would let every hiccup stall its neighbours."""


def pace(stages: Sequence[Stage]) -> int:
    """Cycles from frame to frame of processes in a row: of the slowest, or of one that fills and the next."""
    pairs = [s.filling + after.cycles - _hidden(s, after) for s, after in itertools.pairwise(stages)]
    return max([*(s.cycles for s in stages), *pairs], default=1)


def _hidden(filler: Stage, reader: Stage) -> int:
    """Cycles of filling in which the next process still works on what it got before.

    It fell behind while it did not read, by what the stream between them holds at most. It reads a vector at a beat a
    cycle and then goes over it again, group by group, reading nothing.
    """
    behind = reader.cycles - (filler.cycles - filler.filling)
    groups = max(1, reader.cycles * filler.lanes_out // max(1, filler.values))
    vector = max(1, reader.tokens_in)
    whole, begun = divmod(DEPTH, vector)
    held = begun + (groups - 1) * vector + whole * vector * groups
    return max(0, min(filler.filling, behind, held))


@dataclasses.dataclass(frozen=True, slots=True)
class Lag:
    """How far a stream runs behind another that it comes from, in frames of that one."""

    start: float = 0.0
    """What must have been read before the first value comes out."""
    slack: float = 0.0
    """What is still to be read when the last has come out."""
    loose: bool = False
    """Order changed on the way, so the two ends say nothing of what is between."""

    def behind(self, start: float, slack: float, *, loose: bool) -> "Lag":
        return Lag(self.start + start, self.slack + slack, self.loose or loose)

    def precedes(self, other: "Lag") -> bool:
        """Whether each value is sure to come out no later than that of the other."""
        if other.start >= 1:  # it waits for a whole frame
            return self.start <= other.start
        return self.start <= other.start and self.slack >= other.slack and not (self.loose or other.loose)

    def later(self, other: "Lag") -> "Lag":
        return Lag(max(self.start, other.start), min(self.slack, other.slack), self.loose or other.loose)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    name: str
    lanes: int
    bits: int = 8
    depth: int = DEPTH
    values: int = 0
    """A frame."""
    port: bool = False
    """Of the top function: no buffer of ours."""

    @property
    def tokens(self) -> int:
        return self.values // self.lanes

    @property
    def cost(self) -> Cost:
        return Cost() if self.port else fifo(self.lanes * self.bits, self.depth)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    name: str
    stage: Stage
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    op: int | None = None
    """The operator it belongs to; None for converters and copies."""
    port: int = 0
    """Which of its outputs this is for."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    channels: tuple[Channel, ...]
    processes: tuple[Process, ...]
    inputs: tuple[Channel, ...]
    outputs: tuple[Channel, ...]

    def overhead(self, fit: Fit) -> Cost:
        """What is not an operator's own: streams, converters, copies."""
        movers = [fit.applied(p.stage.name, p.stage.cost) for p in self.processes if p.op is None]
        return total([c.cost for c in self.channels] + movers)

    def channel(self, name: str) -> Channel:
        return next(c for c in self.channels if c.name == name)


def latency_of(network: Network) -> int:
    """Cycles of one frame alone, in closed form.

    Each process starts once it has what its first beat needs, then runs at its own rate or at that of its sources.
    """
    first, last = {c.name: 0.0 for c in network.inputs}, {c.name: float(c.tokens) for c in network.inputs}
    tokens = {c.name: c.tokens for c in network.channels}
    for process in network.processes:
        stage = process.stage
        wait = max(stage.tokens_in - 1, 0)
        starts = [0.0] + [first[c] + wait * (last[c] - first[c]) / max(tokens[c] - 1, 1) for c in process.reads]
        begin = max(starts) + 1
        writes = stage.values // stage.lanes_out
        own = begin + stage.cycles * (writes - 1) / max(writes, 1)
        end = max([own, *(last[c] + 1 for c in process.reads)])
        for channel in process.writes:
            first[channel], last[channel] = begin, end
    return round(max(last[c.name] for c in network.outputs))
