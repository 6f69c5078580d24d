"""Arenas: nothing live at once overlaps, the bound is a bound, and real models come close to it."""

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import MLPERF_INT8, reference

from packager.figure import Basis
from packager.ir import DType, GraphBuilder, Model, read_tflite
from packager.plan.memory import ALIGNMENT, MemoryPlan, plan_memory


def lifetimes(model: Model) -> dict[int, tuple[int, int]]:
    """First and last operator that each tensor must keep its bytes at, told anew from the definition."""
    graph = model.main
    users, makers = graph.consumers(), graph.producers()
    lives = {}
    for t in graph.activations():
        last = len(graph.nodes) - 1 if t in graph.outputs else max(users.get(t, (makers.get(t, 0),)))
        lives[t] = (makers.get(t, 0), max(last, makers.get(t, 0)))
    return lives


def same_bytes(model: Model) -> dict[int, int]:
    """The tensor whose bytes each tensor may share, through operators that only change the shape."""
    root = {t: t for t in model.main.activations()}
    for node in model.main.nodes:
        if node.op == "RESHAPE":
            root[node.outputs[0]] = root[node.inputs[0]]
    return root


def assert_sound(model: Model, plan: MemoryPlan) -> None:
    lives, root = lifetimes(model), same_bytes(model)
    size = {t: model.main.type_of(t).nbytes for t in lives}
    assert set(plan.offsets) == set(lives)
    for t, offset in plan.offsets.items():
        assert offset % ALIGNMENT == 0
        assert 0 <= offset <= plan.arena_bytes - size[t]
    for a in lives:
        for b in lives:
            together = lives[a][0] <= lives[b][1] and lives[b][0] <= lives[a][1]
            if a < b and together and root[a] != root[b] and size[a] and size[b]:
                apart = plan.offsets[a] + size[a] <= plan.offsets[b] or plan.offsets[b] + size[b] <= plan.offsets[a]
                assert apart, (a, b)


@st.composite
def graphs(draw: st.DrawFn) -> Model:
    """Up to 12 operators, each reading any earlier tensors; one in four only reshapes."""
    b = GraphBuilder()
    made = [b.input(f"in{i}", (draw(st.integers(1, 300)),), DType.INT8) for i in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(1, 12))):
        if draw(st.integers(0, 3)) == 0:
            source = draw(st.sampled_from(made))
            made.append(b.op("RESHAPE", [source], (1, *b.tensors[source].type.dims), dtype=DType.INT8))
        else:
            sources = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True))
            made.append(b.op("CUSTOM", sources, (draw(st.integers(1, 300)),), dtype=DType.INT8))
    return b.model(draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True)))


@given(graphs())
def test_no_two_live_tensors_overlap(model: Model) -> None:
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes >= plan.lower_bound_bytes == max(plan.live)


def chain(sizes: list[int], op: str = "CUSTOM") -> Model:
    b = GraphBuilder()
    t = b.input("x", (sizes[0],), DType.INT8)
    for size in sizes[1:]:
        t = b.op(op, [t], (size,), dtype=DType.INT8)
    return b.model([t])


def test_a_chain_needs_its_two_largest_neighbours() -> None:
    sizes = [64, 160, 32, 320, 16, 128]
    plan = plan_memory(chain(sizes))
    assert plan.arena_bytes == plan.lower_bound_bytes == max(a + b for a, b in pairwise(sizes))
    assert plan.live == tuple(a + b for a, b in pairwise(sizes))


def test_reshapes_share_their_inputs_bytes() -> None:
    plan = plan_memory(chain([256, 256, 256], "RESHAPE"))
    assert plan.arena_bytes == 256
    assert set(plan.offsets.values()) == {0}
    assert len(plan.rows) == 1


def test_a_variable_keeps_its_bytes_for_good() -> None:
    b = GraphBuilder()
    x = b.input("x", (64,), DType.INT8)
    state = b.tensor("state", (32,), DType.INT8)
    b.tensors[state] = dataclasses.replace(b.tensors[state], is_variable=True)
    first = b.op("CUSTOM", [x], (128,), dtype=DType.INT8)
    second = b.op("CUSTOM", [first, state], (64,), dtype=DType.INT8)
    plan = plan_memory(b.model([second]))
    assert plan.live == (64 + 128 + 32, 128 + 64 + 32)
    row = next(r for r in plan.rows if r.name == "state")
    assert (row.first, row.last) == (0, 1)


def test_a_branch_that_greedy_by_size_gets_wrong() -> None:
    # Residual blocks: the skip is live across the block; every order but a good one leaves a hole.
    b = GraphBuilder()
    t = b.input("x", (512,), DType.INT8)
    for wide, narrow in ((768, 256), (512, 384), (1024, 128)):
        inner = b.op("CUSTOM", [t], (wide,), dtype=DType.INT8)
        inner = b.op("CUSTOM", [inner], (narrow,), dtype=DType.INT8)
        t = b.op("CUSTOM", [inner, t], (512,), dtype=DType.INT8)
    model = b.model([t])
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes == plan.lower_bound_bytes


def test_a_model_without_operators() -> None:
    b = GraphBuilder()
    x = b.input("x", (10,), DType.INT8)
    plan = plan_memory(b.model([x]))
    assert (plan.arena_bytes, plan.lower_bound_bytes, plan.live) == (10, 10, (10,))


def test_figures_and_rows_agree_with_the_plan() -> None:
    plan = plan_memory(chain([64, 160, 32]))
    figures = {f.name: f for f in plan.figures()}
    assert figures["ram.arena.bytes"].value == max(r.offset + r.size for r in plan.rows) == plan.arena_bytes
    assert figures["ram.lower_bound.bytes"].value == plan.lower_bound_bytes
    assert {f.basis for f in plan.figures()} == {Basis.ESTIMATED}


@pytest.mark.parametrize("name", MLPERF_INT8)
def test_mlperf_models_come_within_two_percent_of_the_bound(name: str) -> None:
    model = read_tflite(reference(name))
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes <= 1.02 * plan.lower_bound_bytes


def test_a_deep_graph_with_branches_is_near_its_bound() -> None:
    model = read_tflite(reference("edgetpu/00_yolov8n_full_integer_quant.tflite"))
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes <= 1.02 * plan.lower_bound_bytes
