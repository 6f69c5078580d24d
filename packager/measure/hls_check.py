"""Whether a project's code is in the subset that HLS compilers take, as far as clang and LLVM can tell.

The design is compiled with streams that are only declared. In what comes out, nothing but their reads and writes may be
undefined (no allocation, no library), every loop must have a trip count that LLVM finds to be a constant, and nothing
may compute in floating point. From the trip counts follow the cycles of each process, which must be those that the
design was estimated at.
"""

import dataclasses
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packager.errors import IntegrityError, ToolError
from packager.measure._trip_counts import process_cycles

_PATIENCE = 300.0
_TAIL = 4000
_FLAGS = (
    *("-std=c++14", "-O1", "-fno-unroll-loops", "-fno-vectorize", "-fno-slp-vectorize", "-fno-exceptions"),
    *("-fno-builtin", "-fno-inline", "-Wall", "-Wextra", "-Werror", "-S", "-emit-llvm"),
)
_STREAM = """#define EP_PIPELINE(CYCLES) ep_starts(CYCLES);
extern "C" void ep_starts(int cycles);
#ifndef EDGEPACK_STREAM_H
#define EDGEPACK_STREAM_H
#include "edgepack_word.h"
namespace hls {
template <typename T>
class stream {
  public:
    explicit stream(const char *name);
    T read();
    void write(const T &beat);
};
}
namespace ep {
template <int LANES, int BITS = 8>
using stream = hls::stream<word<LANES, BITS>>;
}
#define EP_STREAM(LANES, BITS, NAME, DEPTH) ep::stream<LANES, BITS> NAME(#NAME)
#define EP_PROCESS(NAME, ...) NAME(__VA_ARGS__)
#define EP_RUN() static_cast<void>(0)
#endif
"""
_ALLOWED = re.compile(
    r"_ZN3hls6streamI\w+?(C1EPKc|C2EPKc|4readEv|5writeERK\w+)"
    r"|ep_starts|llvm\.(lifetime|mem|assume|[us]m|abs)[\w.]*"
)
"""Streams' members, and what LLVM writes for copies, minima and notes to itself."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    loops: int
    """That are left after inlining, each with a constant trip count."""
    cycles: Mapping[str, int]
    """By process: a frame's, in pipelined loops; each as it was estimated."""


def missing_tools() -> tuple[str, ...]:
    """Return the programs that `check_subset` needs and this machine lacks."""
    return tuple(name for name in ("clang++", "opt") if shutil.which(name) is None)


def check_subset(project: Path) -> Checked:
    """Compile the project of a bundle, ``runtime/hls``, and look at what comes out.

    Raises:
        ToolError: clang++ or LLVM's opt is missing, or refuses the code.
        IntegrityError: the code leaves the subset; the message has everything that does.
    """
    if absent := missing_tools():
        raise ToolError(f"{' and '.join(absent)}: not found", hint="install clang and llvm")
    with tempfile.TemporaryDirectory(prefix="edgepack-subset-") as name:
        folder = Path(name)
        shim, code = folder / "stream.h", folder / "top.ll"
        shim.write_text(_STREAM, encoding="utf-8")
        include = (f"-I{project / 'include'}", f"-I{project / 'src'}", "-include", str(shim))
        _run(["clang++", *_FLAGS, *include, str(project / "src" / "top.cpp"), "-o", str(code)])
        text = code.read_text("utf-8")
        passes = "-passes=function(print<scalar-evolution>,print<loops>)"
        counts = _run(["opt", passes, "-disable-output", str(code)])
    found = sorted({*_undefined(text), *_floating(text), *_unbounded(counts)})
    cycles = {} if found else process_cycles(text, counts)
    found += _unlike(cycles, project) if not found else []
    if found:
        raise IntegrityError(
            f"{project}: not synthesizable: {'; '.join(found)}", hint="this is a fault of EdgePack; please report it"
        )
    loops = len(re.findall(r"^Loop \S+: backedge-taken count is \d+$", counts, re.MULTILINE))
    return Checked(loops=loops, cycles=cycles)


def _unlike(cycles: Mapping[str, int], project: Path) -> list[str]:
    estimate = json.loads((project / "estimate.json").read_text("utf-8"))
    wanted = {row["process"]: row["cycles"] - row["straight"] for row in estimate["processes"]}
    return [
        f"{name} takes {cycles.get(name, 0)} cycles, estimated at {count}"
        for name, count in sorted(wanted.items())
        if cycles.get(name) != count
    ]


def _undefined(text: str) -> Iterator[str]:
    for symbol in re.findall(r'^declare [^@]*@"?([^"(\s]+)', text, re.MULTILINE):
        if not _ALLOWED.fullmatch(symbol):
            yield f"undefined symbol {symbol}"


def _floating(text: str) -> Iterator[str]:
    for kind in re.findall(r"= (?:f\w+|[us]itofp|call|load)\b[^\"\n]*?\b(half|float|double|x86_fp80)\b", text):
        yield f"computes in {kind}"


def _unbounded(counts: str) -> Iterator[str]:
    for loop, what in re.findall(r"^Loop (\S+): (.*)$", counts, re.MULTILINE):
        if "Unpredictable backedge" in what or re.fullmatch(r"(<multiple exits> )?backedge-taken count is \D.*", what):
            yield f"loop {loop} without a constant trip count"


def _run(command: Sequence[str]) -> str:
    """What the program prints, on either stream: the analysis goes to stderr."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and paths of ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=_PATIENCE,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"{command[0]} took longer than {_PATIENCE:.0f} s") from None
    if done.returncode:
        raise ToolError(f"{command[0]} failed", details=done.stdout[-_TAIL:])
    return done.stdout
