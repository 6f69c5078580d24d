"""How long an artifact takes on this machine, and how much memory.

Times differ from run to run, so they stay out of what a build promises to the byte; whoever asks for them keeps them
apart.
"""

import importlib.metadata
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from packager.errors import UnsupportedError
from packager.figure import Basis, Figure
from packager.util import child

HOST = "host"
"""Where these figures hold; see `Figure.on`."""
_BATCHES = 5
_WARM_UP = 0.1
"""Part of the time that is spent before anything is counted: caches fill and the clock rises."""
_LEAST = 5
"""Inferences in a batch, however slow."""
_PERCENTILES = (50, 95, 99)


def measure_litert(
    blob: bytes, *, seconds: float = 1.0, iterations: int | None = None, threads: int = 1
) -> tuple[Figure, ...]:
    """Time a `.tflite` model under LiteRT with its default delegate, in a child process.

    The time is spent on five batches; of each percentile the median over the batches is taken, so that one disturbance
    does not decide. Inputs are drawn at random with a fixed seed: the kernels take the same time for all values.

    Args:
        blob: The file's bytes.
        seconds: To spend, about.
        iterations: Inferences to count instead, over all batches.
        threads: For the kernels.

    Returns:
        ``latency.p50.ms``, ``latency.p95.ms``, ``latency.p99.ms``, and ``ram.peak.bytes``: by how much the process grew
        at its peak from before the model was loaded, the touched pages of the file included.

    Raises:
        UnsupportedError: LiteRT refuses the model.
        ToolError: LiteRT crashed.
    """
    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        path = Path(folder, "model.tflite")
        path.write_bytes(blob)  # mapped from a file, as on a device
        times, peak = child.call(_measure, str(path), seconds, iterations, threads)
    version = importlib.metadata.version("ai-edge-litert")
    source = f"LiteRT {version} with XNNPACK, {threads} thread{'s' * (threads > 1)}, {this_cpu()}"
    return figures_of(times, peak, source)


def figures_of(times: Sequence[float], peak: int, source: str) -> tuple[Figure, ...]:
    """Return the figures of `percentiles` in ms and of the growth in bytes, 0 where it is not known."""
    figures = [
        Figure(name=f"latency.p{p}.ms", value=ms, unit="ms", basis=Basis.MEASURED, source=source, on=HOST)
        for p, ms in zip(_PERCENTILES, times, strict=True)
    ]
    memory = Figure(name="ram.peak.bytes", value=peak, unit="B", basis=Basis.MEASURED, source=source, on=HOST)
    return (*figures, memory) if peak else tuple(figures)


def this_cpu() -> str:
    """Name this machine's CPU as the system does, with its instruction set; never the machine itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model")))
    name = next((name for name in names if name), "")
    return f"{name} ({platform.machine()})" if name else platform.machine()


def percentiles(batches: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Return the 50th, 95th and 99th percentile: of each the median over the batches."""
    each = [np.percentile(batch, _PERCENTILES) for batch in batches]
    return tuple(statistics.median(float(row[i]) for row in each) for i in range(len(_PERCENTILES)))


def _measure(path: str, seconds: float, iterations: int | None, threads: int) -> tuple[tuple[float, ...], int]:
    """Return the percentiles in ms and the growth of the process in bytes, 0 where the system does not tell."""
    from ai_edge_litert.interpreter import Interpreter

    before = memory_now()
    try:
        interpreter = Interpreter(model_path=path, num_threads=threads)
        _allocate(interpreter)
        fill_inputs(interpreter, np.random.default_rng(0))
    except (ValueError, RuntimeError) as error:
        raise UnsupportedError(f"LiteRT refuses the model: {error}") from None
    return measured(interpreter.invoke, before, seconds, iterations)


def measured(
    invoke: Callable[[], None], before: int, seconds: float, iterations: int | None
) -> tuple[tuple[float, ...], int]:
    """Return the percentiles in ms of calling `invoke`, and the growth of the process since it took `before` bytes."""
    _time(invoke, seconds * _WARM_UP, 1)
    share = seconds * (1 - _WARM_UP) / _BATCHES
    count = -(-iterations // _BATCHES) if iterations else _LEAST
    batches = [_time(invoke, 0.0 if iterations else share, count) for _ in range(_BATCHES)]
    peak = _memory("VmHWM") - before if before else 0
    return percentiles(batches), max(peak, 0)


def memory_now() -> int:
    """Return what this process takes, in bytes, and let its peak begin anew; 0 where the system does not tell."""
    return _memory("VmRSS", reset_peak=True)


def fill_inputs(interpreter: Any, rng: np.random.Generator) -> None:
    """Give an interpreter, LiteRT's or a C runtime's, random values in its inputs' own types."""
    for detail in interpreter.get_input_details():
        dtype = np.dtype(detail["dtype"])
        values = rng.uniform(-1, 1, tuple(detail["shape"]))
        if np.issubdtype(dtype, np.integer):
            info = np.iinfo(dtype)
            values = np.clip(values * 127, info.min, info.max)
        interpreter.set_tensor(detail["index"], values.astype(dtype))


def _allocate(interpreter: Any) -> None:
    """Fix what is dynamic at 1."""
    for detail in interpreter.get_input_details():
        shape = [max(int(size), 1) for size in detail["shape_signature"]]
        interpreter.resize_tensor_input(detail["index"], shape)
    interpreter.allocate_tensors()


def _time(invoke: Callable[[], None], seconds: float, least: int) -> list[float]:
    """Call until the time is over and at least so often; return each call's milliseconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter_ns()
        invoke()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times


def _memory(key: str, *, reset_peak: bool = False) -> int:
    """Return ``VmRSS`` or ``VmHWM`` (its peak) of this process in bytes, 0 where the system has no such file."""
    try:
        if reset_peak:
            Path("/proc/self/clear_refs").write_text("5", "ascii")
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:")), 0)
