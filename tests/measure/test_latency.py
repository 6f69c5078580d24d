import numpy as np
import pytest
from sample_bundle import tiny_model

from packager.errors import ToolError, UnsupportedError
from packager.figure import Basis
from packager.ir import DType, GraphBuilder, write_tflite
from packager.measure.latency import measure_litert, percentiles, this_cpu


def test_gives_ordered_percentiles_and_memory_that_say_where_they_come_from() -> None:
    figures = {f.name: f for f in measure_litert(write_tflite(tiny_model()), iterations=50, threads=2)}
    assert list(figures) == ["latency.p50.ms", "latency.p95.ms", "latency.p99.ms", "ram.peak.bytes"]
    assert 0 < figures["latency.p50.ms"].value <= figures["latency.p95.ms"].value <= figures["latency.p99.ms"].value
    assert figures["ram.peak.bytes"].value > 0
    assert [f.unit for f in figures.values()] == ["ms", "ms", "ms", "B"]
    for figure in figures.values():
        assert figure.basis is Basis.MEASURED
        assert "LiteRT" in figure.source
        assert "2 threads" in figure.source
        assert this_cpu() in figure.source


def test_memory_grows_with_the_model() -> None:
    def with_weights(count: int) -> float:
        b = GraphBuilder()
        x = b.input("x", (1, count))
        w = b.const(np.ones((count, count), np.float32))
        y = b.op("FULLY_CONNECTED", [x, w, -1], (1, count), options="FullyConnectedOptions")
        blob = write_tflite(b.model([y]))
        return next(f.value for f in measure_litert(blob, iterations=5) if f.name == "ram.peak.bytes")

    assert with_weights(2048) - with_weights(16) > 0.9 * 2048 * 2048 * 4


def test_takes_models_of_several_types_and_a_dynamic_batch() -> None:
    import dataclasses

    b = GraphBuilder()
    x = b.input("x", (1, 4))
    i = b.input("i", (1, 4), DType.INT32)
    f = b.op("CAST", [i], (1, 4), options="CastOptions", in_data_type=2, out_data_type=0)
    model = b.model([b.op("ADD", [x, f], (1, 4), options="AddOptions")])
    open_ = model.main.with_tensors(
        lambda _, t: (
            dataclasses.replace(t, type=dataclasses.replace(t.type, signature=(-1, 4))) if t.data is None else t
        )
    )
    assert len(measure_litert(write_tflite(model.with_main(open_)), iterations=5)) == 4


def test_a_broken_model_is_refused() -> None:
    with pytest.raises((UnsupportedError, ToolError)):
        measure_litert(b"\x1c\0\0\0TFL3" + bytes(100), iterations=5)


def test_a_percentile_is_the_median_over_the_batches() -> None:
    quiet = [float(v) for v in range(101)]
    disturbed = [v + 1000 for v in quiet]
    assert percentiles([quiet, quiet, disturbed]) == (50.0, 95.0, 99.0)
    assert percentiles([[3.0]]) == (3.0, 3.0, 3.0)
