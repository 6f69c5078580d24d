"""From a graph to a network of processes: streams, width converters, copies, and buffers on skip connections."""

import dataclasses
import math
from collections.abc import Sequence

from packager.emit.hls._contract import Op
from packager.emit.hls._folds import MOST_LANES
from packager.emit.hls._layers import layer_of
from packager.emit.hls._stage import Stage
from packager.emit.hls._streams import DEPTH, Channel, Lag, Network, Process
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import converter, mover

_SUM_DEPTH = 2
"""Between a unit and its requantization, which keep step."""
_PORT_LANES = (1, 2, 4, 8)
"""A DMA engine moves 8, 16, 32 or 64 bits."""


def network_of(ops: Sequence[Op], folds: Sequence[Fold], interval: int) -> Network:
    """Lay out the processes of a graph, its operators folded as given; ports are wide enough for `interval`."""
    return _Builder(ops, folds, interval).build()


class _Builder:
    def __init__(self, ops: Sequence[Op], folds: Sequence[Fold], interval: int) -> None:
        self._ops = ops
        self._graph = ops[0].graph
        self._folds = folds
        self._interval = interval
        self._channels: dict[str, Channel] = {}
        self._processes: list[Process] = []
        self._ready: dict[int, list[Channel]] = {}
        self._lag: dict[int, dict[int, Lag]] = {}
        self._alias: dict[int, int] = {}
        self._received: set[str] = set()
        self._uses = self._count_uses()

    def build(self) -> Network:
        inputs = [self._port(f"input_{i}", t) for i, t in enumerate(self._graph.inputs)]
        for t, channel in zip(self._graph.inputs, inputs, strict=True):
            self._offer(t, self._receive(channel), {})
        for op in self._ops:
            for part in op.live:
                self._place(part)
        outputs = [self._port(f"output_{i}", t) for i, t in enumerate(self._graph.outputs)]
        for t, channel in zip(self._graph.outputs, outputs, strict=True):
            self._send(self._convert(self._take(t), channel.lanes), channel)
        return Network(
            channels=tuple(self._channels.values()),
            processes=tuple(self._processes),
            inputs=tuple(inputs),
            outputs=tuple(outputs),
        )

    def _count_uses(self) -> dict[int, int]:
        """How often each stream is read, those that only rename another counted as that one."""
        for op in self._ops:
            if not layer_of(op).stages(op, self._folds[op.index]):
                self._alias[op.node.outputs[0]] = op.streams()[0]
        reads = [*self._graph.outputs]
        for op in self._ops:
            if op.node.outputs[0] not in self._alias:
                for part in op.live:
                    reads += [f.tensor for f in layer_of(op).feeds(part, self._folds[op.index]) if f.tensor is not None]
        uses: dict[int, int] = {}
        for t in reads:
            uses[self._root(t)] = uses.get(self._root(t), 0) + 1
        return uses

    def _root(self, tensor: int) -> int:
        while tensor in self._alias:
            tensor = self._alias[tensor]
        return tensor

    def _add(self, channel: Channel) -> Channel:
        self._channels[channel.name] = channel
        return channel

    def _port(self, name: str, tensor: int) -> Channel:
        values = self._graph.type_of(tensor).elements
        able = [n for n in _PORT_LANES if values % n == 0]
        lanes = next((n for n in able if values // n <= self._interval), able[-1])
        return self._add(Channel(name=name, lanes=lanes, values=values, port=True))

    def _receive(self, port: Channel) -> Channel:
        """Take beats from a port; whoever sends there may be made to wait, so this stream is not deepened for it."""
        made = self._add(Channel(name=f"{port.name}_values", lanes=port.lanes, values=port.values))
        self._received.add(made.name)
        self._process(f"{port.name}_receive", _moving("receive", port), (port.name,), (made.name,))
        return made

    def _send(self, channel: Channel, port: Channel) -> None:
        self._process(f"{port.name}_send", _moving("send", port), (channel.name,), (port.name,))

    def _place(self, op: Op) -> None:
        layer, fold = layer_of(op), self._folds[op.index]
        stages = layer.stages(op, fold)
        if not stages:
            return
        reads: list[Channel] = []
        lags: list[dict[int, Lag]] = []
        for feed in layer.feeds(op, fold):
            channels = [] if feed.tensor is None else [self._take(feed.tensor)]
            lag = {} if feed.tensor is None else self._lag[self._root(feed.tensor)]
            for stage in feed.stages:
                made, lag = self._build(op, stage, channels, lag, "")
                channels = [made]
            reads.append(self._convert(channels[0], stages[0].lanes_in))
            lags.append(lag)
        lag = self._join(lags, reads, in_turn=layer.in_turn)
        reads = [c if c.name in self._received else self._deepen(c, stages[0].ahead) for c in reads]
        for position, stage in enumerate(stages):
            name = op.label if position == len(stages) - 1 else ""
            made, lag = self._build(op, stage, reads, lag, name)
            reads = [made]
        self._offer(op.node.outputs[op.port], reads[0], lag)

    def _build(
        self, op: Op, stage: Stage, reads: Sequence[Channel], lag: dict[int, Lag], name: str
    ) -> tuple[Channel, dict[int, Lag]]:
        """Add a process and the stream that it writes, and say how far that runs behind."""
        reads = [self._convert(c, stage.lanes_in) for c in reads]
        target = self._add(
            Channel(
                name=name or f"{op.label}_{stage.name}",
                lanes=stage.lanes_out,
                bits=stage.bits_out,
                depth=max(DEPTH if stage.bits_out == 8 else _SUM_DEPTH, stage.burst),
                values=stage.values,
            )
        )
        names = tuple(c.name for c in reads)
        made = Process(
            name=f"{op.label}_{stage.name}", stage=stage, reads=names, writes=(target.name,), op=op.index, port=op.port
        )
        self._processes.append(made)
        frame = max(reads[0].values, 1) / stage.lanes_in if reads else 1
        return target, {
            source: before.behind(stage.tokens_in / frame, stage.tokens_left / frame, loose=stage.loose)
            for source, before in lag.items()
        }

    def _process(self, name: str, stage: Stage, reads: tuple[str, ...], writes: tuple[str, ...]) -> None:
        """A process that is no operator's own."""
        self._processes.append(Process(name=name, stage=stage, reads=reads, writes=writes))

    def _take(self, tensor: int) -> Channel:
        return self._ready[self._root(tensor)].pop(0)

    def _offer(self, tensor: int, channel: Channel, lag: dict[int, Lag]) -> None:
        """Make a computed tensor available to each of its readers."""
        count = self._uses.get(tensor, 0)
        self._lag[tensor] = lag if count < 2 else {**lag, tensor: Lag()}
        ready = [channel]
        for copy in range(1, count):
            source = ready.pop()
            lanes, values = source.lanes, source.values
            names = [f"{channel.name}_copy_{copy}", f"{channel.name}_rest_{copy}"]
            pair = [self._add(Channel(name=n, lanes=lanes, values=values)) for n in names]
            stage = Stage(
                name="duplicate",
                call=f"duplicate<{values}, {lanes}>",
                lanes_in=lanes,
                lanes_out=lanes,
                values=values,
                cycles=values // lanes,
                cost=mover(lanes),
                tokens_in=1,
            )
            written = tuple(c.name for c in pair)
            self._process(f"{channel.name}_duplicate_{copy}", stage, (source.name,), written)
            ready += pair
        self._ready[tensor] = ready

    def _convert(self, source: Channel, lanes: int) -> Channel:
        """Bring a stream to a number of lanes, by way of a common multiple, which keeps the pace, or divisor."""
        if source.lanes == lanes:
            return source
        common, multiple = math.gcd(source.lanes, lanes), math.lcm(source.lanes, lanes)
        if common not in (source.lanes, lanes):
            between = multiple if multiple <= MOST_LANES and source.values % multiple == 0 else common
            return self._convert(self._convert(source, between), lanes)
        kind = "widen" if lanes > source.lanes else "narrow"
        target = self._add(Channel(name=f"{source.name}_x{lanes}", lanes=lanes, values=source.values))
        stage = Stage(
            name=kind,
            call=f"{kind}<{source.values}, {source.lanes}, {lanes}>",
            lanes_in=source.lanes,
            lanes_out=lanes,
            values=source.values,
            cycles=source.values // common,
            cost=converter(max(source.lanes, lanes)),
            tokens_in=max(lanes // source.lanes, 1),
        )
        self._process(f"{target.name}_{kind}", stage, (source.name,), (target.name,))
        return target

    def _deepen(self, channel: Channel, depth: int) -> Channel:
        known = self._channels[channel.name]
        return known if known.port or known.depth >= depth else self._add(dataclasses.replace(known, depth=depth))

    def _join(self, lags: Sequence[dict[int, Lag]], reads: list[Channel], *, in_turn: bool) -> dict[int, Lag]:
        """Where branches of one stream meet, let those that are not the longest wait in a buffer of a whole frame.

        They then never stop, hence the copy that feeds them all never stops for them, hence the longest one always gets
        what it needs: no deadlock, whatever the timing. Where none is the longest throughout, all of them wait, and so
        they do where they are read one after the other.
        """
        for channel, lag in zip(reads, lags, strict=True):
            others = [(a, other[a]) for other in lags if other is not lag for a in lag.keys() & other.keys()]
            longest = all(other.precedes(lag[a]) and other != lag[a] for a, other in others)
            if others and (in_turn or not longest):
                self._deepen(channel, channel.tokens)
        merged: dict[int, Lag] = {}
        for lag in lags:
            for ancestor, own in lag.items():
                merged[ancestor] = own.later(merged.get(ancestor, own))
        return merged


def _moving(name: str, port: Channel) -> Stage:
    return Stage(
        name=name,
        call=f"{name}<{port.values}, {port.lanes}>",
        lanes_in=port.lanes,
        lanes_out=port.lanes,
        values=port.values,
        cycles=port.tokens,
        cost=mover(port.lanes),
        tokens_in=1,
    )
