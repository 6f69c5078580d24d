"""Cycles of each process from LLVM's own analyses: loop nests, constant trip counts, and where iterations start.

`EP_PIPELINE(n)` is compiled to a call of `ep_starts(n)`, so an iteration of the loop around it takes n cycles.
"""

import dataclasses
import functools
import math
import re
from collections.abc import Mapping

_FUNCTION = re.compile(r"^define [^@]*@\"?([^\"(\s]+)\"?\(.*?^}$", re.MULTILINE | re.DOTALL)
_STARTS = re.compile(r"call void @ep_starts\(i32 (?:noundef )?(\d+)\)")
_CALL = re.compile(r"call [^@\n]*@\"?([^\"(\s]+)\"?\(")
_NAME = re.compile(r"_ZL\d+(run_\w+?)RN3hls6stream")


@dataclasses.dataclass(frozen=True, slots=True)
class _Block:
    times: int
    """That it runs, for one call of its function."""
    cycles: int
    """That iterations started in it take."""
    calls: tuple[str, ...]


def process_cycles(code: str, said: str) -> dict[str, int]:
    """Return the cycles of every process of a design, all its trip counts being constants.

    Args:
        code: LLVM's intermediate code.
        said: by `print<scalar-evolution>` and `print<loops>`, function by function.
    """
    loops = _loops(said)
    functions = {m[1]: _blocks(m[0], loops.get(m[1], [])) for m in _FUNCTION.finditer(code)}

    @functools.cache
    def cycles(function: str) -> int:
        return sum(
            b.times * (b.cycles + sum(cycles(c) for c in b.calls if c in functions)) for b in functions[function]
        )

    return {match[1]: cycles(name) for name in functions if (match := _NAME.match(name))}


def _loops(said: str) -> Mapping[str, list[tuple[frozenset[str], int]]]:
    """By function: each loop's blocks and trip count."""
    loops: dict[str, list[tuple[frozenset[str], int]]] = {}
    trips: dict[str, int] = {}
    function = ""
    for line in said.splitlines():
        if heading := re.match(r"Determining loop execution counts for: @\"?([^\"\s]+?)\"?$", line):
            function, trips = heading[1], {}
        elif found := re.match(r"Loop %(\S+): backedge-taken count is (\d+)$", line):
            trips[found[1]] = int(found[2]) + 1
        elif found := re.match(r" *Loop at depth \d+ containing: (.*)$", line):
            blocks = [re.sub(r"<\w+>", "", name).removeprefix("%") for name in found[1].split(",")]
            loops.setdefault(function, []).append((frozenset(blocks), trips[blocks[0]]))
    return loops


def _blocks(function: str, loops: list[tuple[frozenset[str], int]]) -> list[_Block]:
    made = []
    for name, body in _split(function):
        times = math.prod(trips for blocks, trips in loops if name in blocks)
        started = sum(int(n) for n in _STARTS.findall(body))
        made.append(_Block(times, started, tuple(c for c in _CALL.findall(body) if c != "ep_starts")))
    return made


def _split(function: str) -> list[tuple[str, str]]:
    """Its basic blocks by label; the first has none, and is in no loop."""
    parts = re.split(r"^([\w.]+|\"[^\"]+\"):", function, flags=re.MULTILINE)
    return [("", parts[0]), *zip((label.strip('"') for label in parts[1::2]), parts[2::2], strict=True)]
