"""A report to test with: a small network whose numbers are made up, and say so nowhere but here."""

import dataclasses
from typing import Any

from packager.errors import Diagnostic, Severity
from packager.figure import Basis, Figure, Layer, Place
from packager.report.model import (
    GoldenEngine,
    Memory,
    MemoryRow,
    ModelFacts,
    OpScheme,
    Port,
    Quantization,
    Report,
    TargetFacts,
    TensorRange,
    Tool,
)


def figure(name: str, value: float, unit: str, basis: str = "estimated", **rest: Any) -> Figure:
    return Figure(name=name, value=value, unit=unit, basis=Basis(basis), **{"source": "a test", **rest})


def layer(index: int, op: str, name: str, **rest: Any) -> Layer:
    return Layer(index=index, op=op, name=name, **{"bytes": 0, "macs": 0, "placement": Place.CPU, **rest})


SAMPLE = Report(
    model=ModelFacts(
        name="kws",
        format="tflite",
        sha256="ab" * 32,
        bytes=206_536,
        inputs=(Port(name="input_1", type="int8", shape=(1, 49, 10, 1), scale=0.58, zero_point=83),),
        outputs=(Port(name="Identity", type="int8", shape=(1, 12), scale=1 / 256, zero_point=-128),),
    ),
    target=TargetFacts(
        name="raspberrypi-4", title="Raspberry Pi 4 Model B", family="raspberrypi", arithmetic="xnnpack"
    ),
    recipe="int8",
    trusted=True,
    figures=(
        figure("deploy.bytes", 61_440, "B", "measured", source="files of the bundle"),
        figure("artifact.bytes", 53_936, "B", "measured", source="model/model.tflite"),
        figure("runtime.bytes", 7_504, "B", "measured", source="runtime/"),
        figure("weights.bytes", 24_376, "B", source="constants of the graph, shared ones once"),
        figure("ram.arena.bytes", 16_000, "B", source="memory plan"),
        figure("ram.lower_bound.bytes", 16_000, "B", source="largest sum of activations live at one operator"),
        figure("compute.macs", 2_656_768, "MAC"),
        figure("latency.p50.ms", 1.9, "ms", low=1.41, high=2.95, source="LiteRT (XNNPACK), 4 threads"),
        figure("latency.p50.ms", 0.0852, "ms", "measured", source="LiteRT, x86_64", on="host"),
        figure("accuracy.float", 91.6, "%", "measured", source="labels.npz, 1000 inputs"),
        figure("accuracy.quantized", 91.4, "%", "measured", source="labels.npz, 1000 inputs"),
        figure("accuracy.drop", 0.2, "%", "measured", source="labels.npz, 1000 inputs"),
        figure("fidelity.argmax_agreement", 0.991, "1", "measured", source="labels.npz, 1000 inputs"),
        figure("fidelity.sqnr_db", 27.3, "dB", "measured", source="labels.npz, 1000 inputs"),
    ),
    layers=(
        layer(0, "CONV_2D", "m/conv_0/Relu;m/conv_0", bytes=3_328, macs=320_000, latency_ms=0.61, sqnr_db=38.2),
        layer(1, "DEPTHWISE_CONV_2D", "m/dw_1/Relu", bytes=1_088, macs=72_000, latency_ms=0.72, sqnr_db=24.9),
        layer(2, "CONV_2D", "m/pw_1/Relu", bytes=4_608, macs=512_000, latency_ms=0.44, sqnr_db=31.0),
        layer(3, "RESHAPE", "m/flatten", latency_ms=0.001),
        layer(4, "FULLY_CONNECTED", "m/dense", bytes=15_352, macs=768, latency_ms=0.13, sqnr_db=27.3),
    ),
    diagnostics=(
        Diagnostic(severity=Severity.NOTE, message="batch dimension fixed to 1", where="input_1"),
        Diagnostic(severity=Severity.WARNING, message="no evaluation data", hint="give --eval"),
    ),
    quantization=Quantization(
        engine="litert",
        ops=(OpScheme(index=0, where="CONV_2D #0 'm/conv_0'", scheme="int8", reason="the recipe's scheme"),),
        ranges=(TensorRange(tensor="input_1", low=-123.1, high=24.9, reason="minimum and maximum of 200 inputs"),),
    ),
    memory=Memory(
        arena_bytes=16_000,
        lower_bound_bytes=16_000,
        rows=(
            MemoryRow(tensor="input_1", offset=0, bytes=490, first=0, last=0),
            MemoryRow(tensor="m/conv_0/Relu", offset=8_000, bytes=8_000, first=0, last=1),
            MemoryRow(tensor="m/dw_1/Relu", offset=0, bytes=8_000, first=1, last=2),
            MemoryRow(tensor="m/pw_1/Relu", offset=8_000, bytes=8_000, first=2, last=4),
            MemoryRow(tensor="Identity", offset=0, bytes=12, first=4, last=4),
        ),
    ),
    golden=(GoldenEngine(engine="litert", version="2.3.0", detail="default resolver, x86_64"),),
    tools=(Tool(name="edgepack", version="0.1.0"), Tool(name="ai-edge-litert", version="2.3.0")),
)


def changed(report: Report = SAMPLE, **rest: Any) -> Report:
    return dataclasses.replace(report, **rest)


def with_figure(report: Report, name: str, **rest: Any) -> Report:
    """The report with every figure of that name changed."""
    return changed(
        report, figures=tuple(dataclasses.replace(f, **rest) if f.name == name else f for f in report.figures)
    )
