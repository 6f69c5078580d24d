"""What a Jetson bundle brings to the device beside the ONNX file: engine build, benchmark, two runners, a page."""

from collections.abc import Iterator

from packager.bundle import Entry
from packager.config.profile import TensorRt
from packager.emit.runner import render
from packager.families._contract import Job
from packager.families._own_onnx import OwnFile

PRECISION = {"int8": "--int8 --fp16", "float16": "--fp16", "float32": ""}
_WHAT = {
    "int8": "quantized to int8 with explicit Q/DQ (symmetric, weights per output channel); the rest runs in float16",
    "float16": "a float model that TensorRT runs in float16",
    "float32": "a float model that TensorRT runs in float32",
}
_TOLERANCE = {"int8": 0.1, "float16": 0.02, "float32": 0.001}
"""Of the runner's self test, relative to the largest output: a guard against a wrong engine, not a measure of it."""
_RUNTIME = (
    *("README.md", "CMakeLists.txt", "benchmark.sh"),
    *("build_engine.py", "build_engine.sh", "infer.cpp", "infer.py"),
)
_WORKSPACE_SHARE = 8
"""The builder's workspace is this part of the memory, which CPU and GPU share."""


def runtime_files(job: Job, trt: TensorRt, scheme: str, made: OwnFile, *, sparse: int) -> Iterator[Entry]:
    """Yield `runtime/`; `sparse` is how many layers have 2:4 sparse weights."""
    values = {
        "name": job.name,
        "version": job.version,
        "title": job.profile.title,
        "tensorrt": trt.version,
        "opset": made.opset,
        "what": _WHAT[scheme],
        "precision": PRECISION[scheme] + (" --sparsity=enable" if sparse else ""),
        "quantized": scheme == "int8",
        "dla_cores": trt.dla_cores,
        "sparse": f"{sparse} layer{'s' * (sparse > 1)}" if sparse else "",
        "tolerance": _TOLERANCE[scheme],
        "workspace_mib": max(64, job.profile.memory.ram_bytes // _WORKSPACE_SHARE >> 20),
        "inputs": [{"name": name, "shape": list(dims), "dtype": dtype} for name, dtype, dims in made.inputs],
    }
    for name in _RUNTIME:
        yield Entry(
            path=f"runtime/{name}",
            content=render(f"runner/jetson/{name}.j2", **values),
            role="doc" if name.endswith(".md") else "runtime",
            executable=name.endswith(".sh"),
        )
