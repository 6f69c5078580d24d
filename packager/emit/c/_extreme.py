"""MINIMUM and MAXIMUM."""

import dataclasses
from collections.abc import Iterator

from packager.emit.c._broadcast import broadcast_of, broadcast_problems
from packager.emit.c._contract import Invocation, Layer, Op, Problem
from packager.emit.c._quantized import kernel_of, same_problems


@dataclasses.dataclass(frozen=True, slots=True)
class Extreme:
    largest: bool

    def problems(self, op: Op) -> Iterator[Problem]:
        found = list(same_problems(op, 2))
        yield from found
        if not found:
            yield from broadcast_problems(op)

    def layer(self, op: Op) -> Layer:
        return Layer(
            invocations=(
                Invocation(
                    kernel=kernel_of("extreme", op),
                    struct="ep_extreme",
                    arguments=(op.at_input(0), op.at_input(1), op.at_output()),
                    fields={"shape": broadcast_of(op), "largest": int(self.largest)},
                ),
            ),
        )
