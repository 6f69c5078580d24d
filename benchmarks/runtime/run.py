"""Generated C against LiteRT on this machine, one thread each, taking turns in one process.

    python benchmarks/runtime/run.py MODEL.tflite... [--cc clang] [--flags=-march=native] [--seconds 2]

Prints Markdown: the least time of each over many short turns, in microseconds, and the ratio. Both compute the same
integers, which is checked first.
"""

import argparse
import shlex
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter, OpResolverType
from generated import Generated

from packager.emit.c import unsupported
from packager.ir import read_tflite
from packager.measure.c import compiler
from packager.ops import Array

RESOLVERS = {"xnnpack": OpResolverType.BUILTIN, "integer": OpResolverType.BUILTIN_REF}
TURN = 0.02
"""Seconds that one side runs before the other takes over."""
LONG = 0.001
"""Seconds."""


def peer(path: Path, arithmetic: str, inputs: list[Array]) -> Interpreter:
    interpreter = Interpreter(model_path=str(path), num_threads=1, experimental_op_resolver_type=RESOLVERS[arithmetic])
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array.reshape(detail["shape"]))
    interpreter.invoke()
    return interpreter


def turns(first: Callable[[], None], second: Callable[[], None], seconds: float) -> tuple[float, float]:
    """The least microseconds of each, taking turns.

    What takes longer than `LONG` is hardly ever left alone on a busy machine: then the thread's own time counts.
    """
    start = time.perf_counter()
    first()
    clock = time.thread_time if time.perf_counter() - start > LONG else time.perf_counter
    least = [float("inf"), float("inf")]
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for side, invoke in enumerate((first, second)):
            stop = time.perf_counter() + TURN
            while time.perf_counter() < stop:
                start = clock()
                invoke()
                least[side] = min(least[side], clock() - start)
    return least[0] * 1e6, least[1] * 1e6


def measure(path: Path, arithmetic: str, command: list[str], seconds: float) -> str:
    model = read_tflite(path)
    if found := unsupported(model, arithmetic):
        return f"| {path.stem} | {arithmetic} | {found[0]} | | |"
    with tempfile.TemporaryDirectory() as folder:
        ours = Generated(model, arithmetic, Path(folder), command)
        theirs = peer(path, arithmetic, ours.inputs)
        expected = theirs.get_tensor(theirs.get_output_details()[0]["index"]).reshape(-1)
        differing = int((ours.run(model) != expected).sum())
        mine, yours = turns(ours.invoke, theirs.invoke, seconds)
    return f"| {path.stem} | {arithmetic} | {mine:.1f} | {yours:.1f} | {mine / yours:.2f} | {differing} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--cc", default=" ".join(compiler()))
    parser.add_argument("--flags", default="-march=native")
    parser.add_argument("--arithmetic", default="xnnpack", choices=sorted(RESOLVERS))
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    command = [*shlex.split(asked.cc), "-std=c99", "-O3", *shlex.split(asked.flags)]
    print(f"`{' '.join(Path(word).name for word in command)}`\n")
    print("| model | arithmetic | C, us | LiteRT, us | ratio | differing outputs |\n|---|---|---|---|---|---|")
    for path in asked.models:
        print(measure(path, asked.arithmetic, command, asked.seconds), flush=True)


if __name__ == "__main__":
    main()
