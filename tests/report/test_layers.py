import math

import numpy as np

from packager.figure import Place
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.plan.memory import plan_memory
from packager.report.layers import layers_of, memory_of, port_of, ports_of


def network() -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, QuantParams.per_tensor(0.5, 3))
    w = b.const(np.ones((4, 4), np.int8), "w", QuantParams.per_tensor(0.25))
    options = {"options": "FullyConnectedOptions", "dtype": DType.INT8, "quant": QuantParams.per_tensor(1.0, -1)}
    y = b.op("FULLY_CONNECTED", [x, w, -1], (1, 4), name="first", **options)  # type: ignore[arg-type]  # kwargs mixed
    z = b.op("FULLY_CONNECTED", [y, w, -1], (1, 4), name="second", **options)  # type: ignore[arg-type]  # kwargs mixed
    return b.model([z])


def test_rows_are_in_the_files_order_and_shared_constants_count_once() -> None:
    first, second = layers_of(network(), default=Place.CPU)
    assert (first.index, first.name, first.op, first.bytes, first.macs) == (0, "first", "FULLY_CONNECTED", 16, 16)
    assert (second.name, second.bytes, second.macs) == ("second", 0, 16)
    assert (second.placement, second.reason, second.latency_ms, second.sqnr_db) == (Place.CPU, "", None, None)


def test_what_is_known_of_an_operator_is_filled_in() -> None:
    first, second = layers_of(
        network(),
        default=Place.CPU,
        placements={1: (Place.TPU, "mapped")},
        latencies={0: 0.25},
        sqnr_db={0: math.inf, 1: 31.5},
    )
    assert (first.latency_ms, first.sqnr_db, first.placement) == (0.25, None, Place.CPU)
    assert (second.placement, second.reason, second.sqnr_db) == (Place.TPU, "mapped", 31.5)


def test_ports_have_one_scale_or_none() -> None:
    graph = network().main
    (x,) = ports_of(graph, graph.inputs)
    assert (x.name, x.type, x.shape, x.scale, x.zero_point) == ("x", "int8", (1, 4), 0.5, 3)
    b = GraphBuilder()
    channels = QuantParams(scale=(0.1, 0.2), zero_point=(0, 0), axis=0)
    b.tensor("per_channel", (2, 3), DType.INT8, channels)
    assert port_of(b.tensors[0]).scale is None
    b.tensor("float", (2,))
    assert port_of(b.tensors[1]).zero_point is None


def test_a_memory_plan_is_carried_over() -> None:
    plan = plan_memory(network())
    memory = memory_of(plan)
    assert (memory.arena_bytes, memory.lower_bound_bytes) == (plan.arena_bytes, plan.lower_bound_bytes)
    assert [row.tensor for row in memory.rows] == ["x", "first", "second"]
    assert [(row.first, row.last) for row in memory.rows] == [(0, 0), (0, 1), (1, 1)]
