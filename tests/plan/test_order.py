"""Orders of operators: the least memory that any has, and never another result."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from ops.judging import binary, inputs_for, quant
from ops.recurrent import Lstm, lstm
from plan.test_memory import assert_sound, graphs
from reference import MLPERF_INT8, reference

from packager.interp import reference as interpreter
from packager.ir import DType, Graph, GraphBuilder, Model, read_tflite
from packager.ir.verify import verify
from packager.plan.memory import plan_memory
from packager.plan.order import reordered


def orders(graph: Graph) -> list[tuple[int, ...]]:
    """Every order in which each operator follows those that it reads from."""
    makers = graph.producers()
    needs = [{makers[t] for t in node.inputs if t in makers} for node in graph.nodes]
    every = itertools.permutations(range(len(needs)))
    return [o for o in every if all(needs[i] <= set(o[:at]) for at, i in enumerate(o))]


def bound_of(model: Model, order: tuple[int, ...]) -> int:
    nodes = tuple(model.main.nodes[i] for i in order)
    return plan_memory(model.with_main(dataclasses.replace(model.main, nodes=nodes))).lower_bound_bytes


@given(graphs(most=6, unit=16))
def test_no_order_of_a_small_graph_needs_less(model: Model) -> None:
    found = reordered(model)
    assert not list(verify(found))
    assert_sound(found, plan_memory(found))
    least = min(bound_of(model, order) for order in orders(model.main))
    plan = plan_memory(found)
    assert plan.lower_bound_bytes == least or plan_memory(model).arena_bytes == plan.arena_bytes
    assert plan.arena_bytes <= plan_memory(model).arena_bytes


def branches(count: int, wide: int = 512, narrow: int = 32) -> Model:
    """Wide tensors that each end in a narrow one, all made before any is used: the worst order."""
    b = GraphBuilder()
    q = quant(0.05)
    x = b.input("x", (1, narrow), DType.INT8, q)
    rng = np.random.default_rng(0)

    def dense(t: int, inputs: int, outputs: int, name: str) -> int:
        w = b.const(rng.integers(-127, 128, (outputs, inputs)).astype(np.int8), f"{name}_w", quant(0.01))
        bias = b.const(np.zeros(outputs, np.int32), f"{name}_b", quant(0.0005))
        options = "FullyConnectedOptions"
        return b.op(
            "FULLY_CONNECTED", [t, w, bias], (1, outputs), options=options, name=name, dtype=DType.INT8, quant=q
        )

    grown = [dense(x, narrow, wide, f"grow{i}") for i in range(count)]
    ends = [dense(t, wide, narrow, f"shrink{i}") for i, t in enumerate(grown)]
    total = ends[0]
    for i, end in enumerate(ends[1:]):
        total = b.op("ADD", [total, end], (1, narrow), options="AddOptions", name=f"sum{i}", dtype=DType.INT8, quant=q)
    return b.model([total])


def test_branches_run_one_after_the_other() -> None:
    model = branches(6)
    found = reordered(model)
    before, after = plan_memory(model), plan_memory(found)
    assert before.lower_bound_bytes == 32 + 6 * 512
    assert after.arena_bytes == after.lower_bound_bytes == 32 + 512 + 2 * 32
    inputs = inputs_for(model, 4)
    for arithmetic in ("integer", "xnnpack"):
        for mine, yours in zip(
            interpreter.run(found, inputs, arithmetic), interpreter.run(model, inputs, arithmetic), strict=True
        ):
            np.testing.assert_array_equal(mine, yours)
    sums = {c.name: c.crc32 for c in interpreter.layer_checksums(model, inputs)}
    assert sums == {c.name: c.crc32 for c in interpreter.layer_checksums(found, inputs)}


def test_what_can_not_be_searched_whole_still_gets_better() -> None:
    model = branches(40)
    after = plan_memory(reordered(model))
    assert after.arena_bytes <= 32 + 512 + 41 * 32


@pytest.mark.parametrize("name", MLPERF_INT8)
def test_models_that_gain_nothing_are_left_as_they_are(name: str) -> None:
    model = read_tflite(reference(name))
    assert reordered(model) is model


def test_operators_that_may_do_more_than_compute_keep_their_order() -> None:
    model = branches(3)
    first, *rest = model.main.nodes
    odd = dataclasses.replace(first, op="CUSTOM", custom_code="counts")
    changed = model.with_main(dataclasses.replace(model.main, nodes=(odd, *rest)))
    assert reordered(changed) is changed
    two = dataclasses.replace(model, graphs=(model.main, model.main))
    assert reordered(two) is two


def test_operators_that_share_state_keep_their_order() -> None:
    model = lstm(Lstm())
    node = model.main.nodes[0]
    b = GraphBuilder(model.main)
    second = b.tensor("second", (1, 4, 6), DType.INT8, model.main.type_of(node.outputs[0]).quant)
    b.nodes.append(dataclasses.replace(node, outputs=(second,)))
    wide = b.op(
        "CONCATENATION", [node.outputs[0]] * 9, (1, 36, 6), options="ConcatenationOptions", dtype=DType.INT8, axis=1
    )
    found = reordered(b.model([second, wide]))
    kinds = [n.outputs[0] for n in found.main.nodes if n.op == node.op]
    assert kinds == [node.outputs[0], second]


def test_a_tie_leaves_the_file_alone() -> None:
    model = binary("ADD", ((1, 4), (1, 4)), options="AddOptions")
    assert reordered(model) is model
