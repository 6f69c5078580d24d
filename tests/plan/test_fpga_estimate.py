"""Costs of the parts, against the devices' data sheets and published synthesis reports."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import reference

from packager.plan.fpga_estimate import (
    Cost,
    accumulators,
    fifo,
    memory,
    multipliers,
    requantizer,
    table,
    total,
    wide_products,
)


@pytest.mark.parametrize(
    ("width", "depth", "blocks"),
    [(36, 512, 1), (36, 513, 2), (18, 1024, 1), (9, 2048, 1), (8, 4096, 2), (1, 16384, 1), (72, 512, 2), (64, 1024, 4)],
)
def test_a_memory_takes_as_many_blocks_as_the_best_shape_needs(width: int, depth: int, blocks: int) -> None:
    assert memory(width, depth) == Cost(bram18=blocks)


@given(st.integers(1, 2000), st.integers(2, 100000))
def test_blocks_hold_all_bits_and_small_memories_take_none(width: int, depth: int) -> None:
    cost = memory(width, depth)
    assert cost.bram18 * 18432 >= width * depth or cost.bram18 == 0
    assert (cost.bram18 == 0) == (width * depth <= 2048 or depth <= 32)
    assert (cost.lut > 0) == (cost.bram18 == 0)


def test_a_word_is_a_register() -> None:
    assert memory(100, 1) == Cost(ff=100)


@given(st.integers(1, 512), st.integers(1, 70000))
def test_a_deeper_stream_never_costs_less(width: int, depth: int) -> None:
    def weight(cost: Cost) -> float:
        """A block memory holds what about 300 LUTs do."""
        return cost.lut + 300 * cost.bram18

    assert weight(fifo(width, 4 * depth + 64)) >= 0.5 * weight(fifo(width, depth))
    assert fifo(width, depth).lut > 0


def test_products_are_dsp_slices_or_luts() -> None:
    assert multipliers(12, fabric=False) == Cost(dsp=12)
    fabric = multipliers(12, fabric=True)
    assert fabric.dsp == 0
    assert fabric.lut > 12 * 50


@pytest.mark.parametrize(("bits", "slices"), [(8, 1), (22, 1), (25, 1), (26, 2), (32, 2)])
def test_a_wide_product_takes_as_many_slices_as_a_25_bit_port_needs(bits: int, slices: int) -> None:
    assert wide_products(bits) == slices
    assert requantizer(4, 3, bits).dsp == 3 * slices


def test_costs_add_up_and_scale() -> None:
    one = Cost(lut=1, ff=2, dsp=3, bram18=4)
    assert total([one, one, one]) == one.times(3)
    assert total([]) == Cost()


def test_more_rows_and_lanes_cost_more() -> None:
    assert accumulators(4, 8, 22).lut > accumulators(4, 4, 22).lut > accumulators(2, 4, 22).lut
    assert table(3, 8).lut == 3 * 4 * 8


def test_block_memories_of_published_reports() -> None:
    """hls4ml keeps weights in block memory 36 bits wide: the one formula of ours that its designs share.

    Its resource strategy reads ``n_in * n_out / reuse_factor`` weights a cycle, `reuse_factor` times.
    """
    anchors = json.loads(reference("hls_anchors.json").read_text("utf-8"))
    checked = []
    for row in anchors["per_module_csynth"]:
        config = row.get("config", {})
        if not row["module"].startswith("dense_resource") or row["io"] != "io_parallel":
            continue
        if "16,6" not in config["weight_t"] or config["n_zeros"] or config["reuse_factor"] < 2:
            continue
        words = config["n_in"] * config["n_out"] // config["reuse_factor"]
        wanted = math.ceil(words * 16 / 36)
        assert row["DSP"] == words
        assert row["BRAM_18K"] == wanted
        assert memory(16 * words, 512).bram18 == wanted
        checked.append(row["source"])
    assert len(checked) >= 2
