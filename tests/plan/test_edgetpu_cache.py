"""Cached and streamed parameters against compiled files, and the limits of the memory."""

import json
from itertools import pairwise

import numpy as np
import pytest
from reference import reference

from packager.config.edgetpu import load_edgetpu_compiler
from packager.config.profile import EdgeTpu
from packager.figure import Place
from packager.ir import ABSENT, DType, GraphBuilder, Model, QuantParams, read_tflite
from packager.plan.edgetpu import predict_mapping
from packager.plan.edgetpu_cache import plan_cache

COMPILER = load_edgetpu_compiler("16.0")
TPU = EdgeTpu(link="usb3", stream_mib_per_ms=0.36, overhead_ms=0.1)
Q = QuantParams(scale=(0.1,), zero_point=(0,))
SHARE = 0.85


def within(value: float, truth: float, part: float = 0.1) -> bool:
    return abs(value - truth) <= part * truth


def test_most_models_are_within_ten_percent() -> None:
    good, rows = 0, json.loads(reference("edgetpu/truth.json").read_text(encoding="utf-8"))
    for row in rows:
        model = read_tflite(reference(f"edgetpu/{row['file']}"))
        verdicts = predict_mapping(model, COMPILER).verdicts
        plan = plan_cache(model, {i for i, v in enumerate(verdicts) if v.place is Place.TPU}, TPU)
        good += within(plan.cached_bytes, row["onchip_param_bytes"]) and within(
            plan.streamed_bytes, row["offchip_param_bytes"]
        )
    assert good >= SHARE * len(rows)


def dense(widths: list[int], dtype: type[np.generic] = np.int8) -> Model:
    b = GraphBuilder()
    t = b.input("x", (1, widths[0]), DType(np.dtype(dtype).name), Q)
    for before, after in pairwise(widths):
        weights = b.const(np.zeros((after, before), dtype), quant=Q)
        kind = DType(np.dtype(dtype).name)
        t = b.op("FULLY_CONNECTED", [t, weights, ABSENT], (1, after), dtype=kind, quant=Q)
    return b.model([t])


def test_a_layer_larger_than_the_memory_is_streamed_whole() -> None:
    # Seen in a public pair: a layer of 8192 by 8192 has nothing cached and 64 MiB streamed.
    plan = plan_cache(dense([8192, 8192]), {0}, TPU)
    assert plan.cached_bytes == 0
    assert within(plan.streamed_bytes, 64 * 2**20, 0.01)


def test_narrow_layers_run_out_of_rows_before_bytes() -> None:
    # Seen in a public pair: of 100 layers of 100 by 100, 1.3 MB together, a fifth is streamed.
    plan = plan_cache(dense([12, *[100] * 100, 1], np.uint8), set(range(101)), TPU)
    assert within(plan.cached_bytes, 1_040_896, 0.01)
    assert within(plan.streamed_bytes, 281_216, 0.01)


def test_only_mapped_operators_hold_parameters() -> None:
    plan = plan_cache(dense([64, 64, 64]), {1}, TPU)
    assert set(plan.parameters) == {1}


@pytest.mark.parametrize(("edge", "taken"), [(8, 256), (2048, 1_258_000)])
def test_the_largest_activation_takes_its_size_up_to_a_limit(edge: int, taken: int) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, edge, edge, 4), DType.INT8, Q)
    plan = plan_cache(b.model([b.op("RELU", [x], (1, edge, edge, 4), dtype=DType.INT8, quant=Q)]), {0}, TPU)
    assert plan.available_bytes == TPU.sram_bytes - taken


def wide_convolutions(count: int, kernel: int) -> Model:
    b = GraphBuilder()
    t = b.input("x", (1, 128, 128, 32), DType.UINT8, Q)
    for _ in range(count):
        weights = b.const(np.zeros((32, kernel, kernel, 32), np.uint8), quant=Q)
        t = b.op("CONV_2D", [t, weights, ABSENT], (1, 128, 128, 32), dtype=DType.UINT8, quant=Q)
    return b.model([t])


def test_few_output_channels_take_whole_lanes_of_memory() -> None:
    # Seen in a public pair: of 75 layers 7x7 of 32 channels, 50,304 bytes each in the file, 52 are cached.
    plan = plan_cache(wide_convolutions(75, 7), set(range(75)), TPU)
    assert within(plan.cached_bytes, 2_622_400, 0.05)
    assert within(plan.streamed_bytes, 1_106_688, 0.1)


def test_a_constant_map_travels_with_each_inference() -> None:
    # Seen in MoveNet: MUL with a constant of 48x48.
    b = GraphBuilder()
    x, map_ = b.input("x", (1, 48, 48, 1), DType.INT8, Q), b.const(np.ones((48, 48, 1), np.int8), quant=Q)
    each = b.const(np.ones((1, 1, 1, 1), np.int8), quant=Q)
    t = b.op("MUL", [x, map_], (1, 48, 48, 1), dtype=DType.INT8, quant=Q)
    plan = plan_cache(b.model([b.op("ADD", [t, each], (1, 48, 48, 1), dtype=DType.INT8, quant=Q)]), {0, 1}, TPU)
    assert (plan.cached_bytes, plan.streamed_bytes) == (0, 2368)


def test_the_figures_are_the_sums() -> None:
    plan = plan_cache(dense([64, 64, 8192, 8192]), {0, 1, 2}, TPU)
    values = {f.name: f.value for f in plan.figures()}
    assert values == {"edgetpu.cached.bytes": plan.cached_bytes, "edgetpu.streamed.bytes": plan.streamed_bytes}
    assert sum(values.values()) == sum(p.bytes for p in plan.parameters.values())
