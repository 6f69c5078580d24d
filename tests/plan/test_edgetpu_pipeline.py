"""Runs of operators over several TPUs, and models that share one."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from packager.config.profile import load_profile
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.plan.edgetpu_cache import plan_cache
from packager.plan.edgetpu_pipeline import plan_pipeline, plan_shared

Q = QuantParams.per_tensor(0.1, 0)
PROFILE = load_profile("coral")


def stack(sizes: list[int], name: str = "net") -> Model:
    """Fully connected layers between activations of these sizes."""
    b = GraphBuilder()
    t = b.input("x", (1, sizes[0]), DType.INT8, Q)
    for before, after in pairwise(sizes):
        weights = b.const(np.zeros((after, before), np.int8), quant=Q)
        t = b.op(
            "FULLY_CONNECTED", [t, weights], (1, after), options="FullyConnectedOptions", dtype=DType.INT8, quant=Q
        )
    return b.model([t], name)


def test_two_tpus_hold_what_one_streams() -> None:
    model = stack([1280] * 7)
    mapped = set(range(6))
    alone, two = (plan_pipeline(model, PROFILE, mapped, count) for count in (1, 2))
    assert alone is not None
    assert two is not None
    assert alone.streamed_bytes > 0
    assert two.streamed_bytes == 0
    assert [(s.first, s.last) for s in two.segments] == [(0, 2), (3, 5)]
    assert two.slowest_ms < alone.slowest_ms / 2
    assert two.segments[0].sent_bytes == 1280
    assert two.latency_ms == pytest.approx(sum(s.ms for s in two.segments))


def test_one_tpu_is_the_cache_plan() -> None:
    model = stack([2048] * 6)
    mapped = set(range(5))
    assert PROFILE.edgetpu is not None
    cache = plan_cache(model, mapped, PROFILE.edgetpu)
    alone = plan_pipeline(model, PROFILE, mapped, 1)
    assert alone is not None
    assert (alone.segments[0].cached_bytes, alone.streamed_bytes) == (cache.cached_bytes, cache.streamed_bytes)


def test_no_other_cut_is_faster() -> None:
    model = stack([64, 1024, 2048, 2048, 512, 3000, 128])
    mapped = set(range(6))
    found = plan_pipeline(model, PROFILE, mapped, 3)
    assert found is not None
    best = float("inf")
    for a, b in combinations(range(5), 2):
        runs = ((0, a), (a + 1, b), (b + 1, 5))
        times = []
        for first, last in runs:
            part = plan_pipeline(model, PROFILE, set(range(first, last + 1)), 1)
            assert part is not None
            times.append(part.slowest_ms)
        best = min(best, max(times))
    assert found.slowest_ms == pytest.approx(best)
    assert [s.first for s in found.segments[1:]] == [s.last + 1 for s in found.segments[:-1]]


def test_a_skip_connection_is_sent_on() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 8, 8, 4), DType.INT8, Q)
    first = t = b.op("RELU", [x], (1, 8, 8, 4), dtype=DType.INT8, quant=Q)
    for _ in range(3):
        t = b.op("RELU", [t], (1, 8, 8, 4), dtype=DType.INT8, quant=Q)
    model = b.model([b.op("ADD", [t, first], (1, 8, 8, 4), options="AddOptions", dtype=DType.INT8, quant=Q)])
    found = plan_pipeline(model, PROFILE, set(range(5)), 5)
    assert found is not None
    assert [s.sent_bytes for s in found.segments] == [256, 512, 512, 512, 256]


def test_more_tpus_than_operators_is_no_plan() -> None:
    assert plan_pipeline(stack([8, 8]), PROFILE, {0}, 2) is None


def test_models_share_the_memory_in_their_order() -> None:
    assert PROFILE.edgetpu is not None
    large, small = stack([1280] * 4, "large"), stack([64, 64], "small")
    both = plan_shared([(large, {0, 1, 2}), (small, {0})], PROFILE.edgetpu)
    assert [s.name for s in both] == ["large", "small"]
    assert all(s.streamed_bytes == 0 for s in both)
    first, second = plan_shared([(large, {0, 1}), (large, {0, 1, 2})], PROFILE.edgetpu)
    assert (first.streamed_bytes, second.streamed_bytes) == (0, 2 * second.cached_bytes)
