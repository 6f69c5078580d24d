"""Arenas: nothing live at once overlaps, the bound is a bound, and real models come close to it."""

import dataclasses
import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import MLPERF_INT8, reference

from packager.figure import Basis
from packager.ir import DType, GraphBuilder, Model, QuantParams, read_tflite
from packager.plan.memory import ALIGNMENT, MemoryPlan, plan_memory

Block = Callable[[GraphBuilder, int, int], int]
ELEMENTWISE = {"RELU": 1, "LOGISTIC": 1, "SOFTMAX": 1, "ADD": 2, "SUB": 2, "MUL": 2, "QUANTIZE": 1}
"""Of the operators that the graphs here are made of: how many of their first inputs they may overwrite."""


def content(model: Model) -> dict[int, int]:
    """What each tensor's bytes hold, as a number: a reshaped tensor holds what its source does."""
    root = {t: t for t in range(len(model.main.tensors))}
    for node in model.main.nodes:
        if node.op == "RESHAPE":
            root[node.outputs[0]] = root[node.inputs[0]]
    return root


def assert_sound(model: Model, plan: MemoryPlan) -> None:
    """Run the operators on the planned memory: whatever is read must be what was written there, and nothing later."""
    graph, root = model.main, content(model)
    spans = {t: range(at, at + graph.type_of(t).nbytes) for t, at in plan.offsets.items()}
    assert set(graph.activations()) <= set(spans)
    assert all(s.start % ALIGNMENT == 0 and s.start >= 0 and s.stop <= plan.arena_bytes for s in spans.values())
    memory = np.full(plan.arena_bytes, -1)

    def place(t: int) -> None:
        memory[spans[t].start : spans[t].stop] = root[t]

    def holds(t: int) -> bool:
        return bool((memory[spans[t].start : spans[t].stop] == root[t]).all())

    begin = [t for t in spans if t in graph.inputs or graph.tensors[t].is_variable]
    for t in begin:
        place(t)
    assert all(map(holds, begin)), "inputs and state are there at once"
    for node in graph.nodes:
        read = [t for t in node.inputs if t in spans]
        assert all(map(holds, read)), f"{node.op} reads what is no more there"
        for t in node.outputs:
            mixed = [s for s in read if spans[s].start < spans[t].stop and spans[t].start < spans[s].stop]
            if node.op != "RESHAPE":
                assert all(s in node.inputs[: ELEMENTWISE.get(node.op, 0)] for s in mixed), f"{node.op} mixes bytes"
            assert all(spans[s] == spans[t] for s in mixed)
            place(t)
    assert all(holds(t) for t in graph.outputs if t in spans), "an output was overwritten"


@st.composite
def graphs(draw: st.DrawFn, most: int = 12, unit: int = 1) -> Model:
    """Up to `most` operators, each reading any earlier tensors; some only reshape, some may work in place."""
    b = GraphBuilder()

    def size() -> tuple[int, ...]:
        return (draw(st.integers(1, 300)) * unit,)

    made = [b.input(f"in{i}", size(), DType.INT8) for i in range(draw(st.integers(1, 3)))]
    for _ in range(draw(st.integers(1, most))):
        source = draw(st.sampled_from(made))
        dims = b.tensors[source].type.dims
        kind = draw(st.integers(0, 5))
        if kind == 0:
            made.append(b.op("RESHAPE", [source], (1, *dims), dtype=DType.INT8))
        elif kind == 1:
            made.append(b.op("RELU", [source], dims, dtype=DType.INT8))
        elif kind == 2:
            alike = [t for t in made if b.tensors[t].type.dims == dims]
            made.append(b.op("ADD", [source, draw(st.sampled_from(alike))], dims, dtype=DType.INT8))
        else:
            sources = draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True))
            made.append(b.op("CONCATENATION", sources, size(), dtype=DType.INT8))
    return b.model(draw(st.lists(st.sampled_from(made), min_size=1, max_size=3, unique=True)))


@given(graphs())
def test_no_two_live_tensors_overlap(model: Model) -> None:
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes >= plan.lower_bound_bytes == max(plan.live)


def residual(b: GraphBuilder, t: int, width: int) -> int:
    inner = b.op("CONCATENATION", [t], (3 * width,), dtype=DType.INT8)
    inner = b.op("CONCATENATION", [inner], (width,), dtype=DType.INT8)
    return b.op("ADD", [t, inner], (width,), dtype=DType.INT8)


def inception(b: GraphBuilder, t: int, width: int) -> int:
    parts = []
    for i, share in enumerate((0.25, 0.5, 0.125, 0.125)):
        part = t
        for _ in range(i):
            part = b.op("CONCATENATION", [part], (int(0.6 * width) // 16 * 16,), dtype=DType.INT8)
        parts.append(b.op("CONCATENATION", [part], (int(share * width),), dtype=DType.INT8))
    return b.op("CONCATENATION", parts, (width,), dtype=DType.INT8)


def dense_block(b: GraphBuilder, t: int, width: int) -> int:
    seen = [t]
    for _ in range(5):
        joined = b.op("CONCATENATION", seen, (len(seen) * width // 4,), dtype=DType.INT8)
        seen.append(b.op("CONCATENATION", [joined], (width // 4,), dtype=DType.INT8))
    return b.op("CONCATENATION", seen, (width,), dtype=DType.INT8)


def hourglass(b: GraphBuilder, t: int, width: int) -> int:
    down = [t]
    for i in range(4):
        down.append(b.op("CONCATENATION", [down[-1]], (width >> (i + 1),), dtype=DType.INT8))
    up = down[-1]
    for i in reversed(range(4)):
        wide = b.op("CONCATENATION", [up], (width >> i,), dtype=DType.INT8)
        joined = b.op("CONCATENATION", [wide, down[i]], (2 * (width >> i),), dtype=DType.INT8)
        up = b.op("CONCATENATION", [joined], (width >> i,), dtype=DType.INT8)
    return up


@pytest.mark.parametrize("block", [residual, inception, dense_block, hourglass])
@pytest.mark.parametrize("width", [256, 1024, 4096])
def test_branchy_networks_come_within_two_percent_of_the_bound(block: Block, width: int) -> None:
    b = GraphBuilder()
    t = b.input("x", (width,), DType.INT8)
    for _ in range(4):
        t = block(b, t, width)
    model = b.model([t])
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes <= 1.02 * plan.lower_bound_bytes


@pytest.mark.parametrize("seed", range(40))
def test_any_small_graph_comes_within_two_percent_of_the_bound(seed: int) -> None:
    chance = random.Random(seed)
    b = GraphBuilder()
    made = [b.input(f"in{i}", (16 * chance.randint(1, 300),), DType.INT8) for i in range(chance.randint(1, 3))]
    for _ in range(12):
        near = made[-8:]
        sources = chance.sample(near, min(len(near), chance.randint(1, 3)))
        made.append(b.op("CONCATENATION", sources, (16 * chance.randint(1, 300),), dtype=DType.INT8))
    model = b.model([made[-1]])
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.arena_bytes <= 1.02 * plan.lower_bound_bytes


def test_an_output_lies_in_the_input_that_dies_with_it() -> None:
    b = GraphBuilder()
    x = b.input("x", (64,), DType.INT8)
    y = b.op("RELU", [x], (64,), dtype=DType.INT8)
    z = b.op("ADD", [y, y], (64,), dtype=DType.INT8)
    plan = plan_memory(b.model([z]))
    assert (plan.arena_bytes, plan.lower_bound_bytes, len(plan.rows)) == (64, 64, 1)


@pytest.mark.parametrize("kept", ["output", "later", "wider", "broadcast", "state"])
def test_what_is_still_needed_or_does_not_fit_is_not_overwritten(kept: str) -> None:
    b = GraphBuilder()
    x = b.input("x", (64,), DType.INT8)
    if kept == "wider":
        x = b.op("CONCATENATION", [x], (64,), dtype=DType.INT8)
        y = b.op("QUANTIZE", [x], (64,), dtype=DType.INT16)
    elif kept == "broadcast":
        x = b.op("CONCATENATION", [x], (1,), dtype=DType.INT8)
        y = b.op("ADD", [x, b.const(np.zeros(64, np.int8))], (64,), dtype=DType.INT8)
    elif kept == "state":
        x = b.variable("s", (64,), DType.INT8, QuantParams.per_tensor(1.0))
        y = b.op("RELU", [x], (64,), dtype=DType.INT8)
    else:
        y = b.op("RELU", [x], (64,), dtype=DType.INT8)
    outputs = [y, x] if kept == "output" else [y]
    if kept == "later":
        outputs = [b.op("CONCATENATION", [y, x], (128,), dtype=DType.INT8)]
    model = b.model(outputs)
    plan = plan_memory(model)
    assert_sound(model, plan)
    assert plan.offsets[x] != plan.offsets[y]


@given(graphs(), st.data())
def test_room_is_made_for_what_operators_need_besides(model: Model, data: st.DataObject) -> None:
    scratch = {i: data.draw(st.integers(0, 200)) for i in range(len(model.main.nodes))}
    plan = plan_memory(model, scratch)
    assert_sound(model, plan)
    without = plan_memory(model)
    assert (plan.lower_bound_bytes, plan.live) == (without.lower_bound_bytes, without.live)
    for i, size in scratch.items():
        taken = sorted((r.offset, r.offset + r.size) for r in plan.rows if r.first <= i <= r.last)
        ends = [0, *(-(-stop // ALIGNMENT) * ALIGNMENT for _, stop in taken)]
        room = [at for at in ends if all(at + size <= a or at >= b for a, b in taken) and at + size <= plan.arena_bytes]
        assert room or not size


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
