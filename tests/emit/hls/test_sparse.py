"""Matrix units that leave zeros out: packed lanes with indices, lists of tiles, both, in one matrix and in several."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from emit.hls.making import PART, UNOPTIMIZED, Built, Net, build_layers, exact_width, q
from hypothesis import given
from hypothesis import strategies as st

from packager.compress.pattern import best
from packager.emit.hls import design_for
from packager.emit.hls._requantize import Rounding, Scaling
from packager.emit.hls._tile_arrays import arrays_of
from packager.emit.hls._tiles import Linear, matrix_folds, plan_of, reading_cost
from packager.ir import Model, Padding
from packager.measure.hls import timing
from packager.measure.hls_check import check_subset, missing_tools
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import Cost, memory

Zeros = npt.NDArray[np.bool_]


def of_every(keep: int, of: int, shape: tuple[int, ...]) -> Zeros:
    """All but `keep` of every `of` weights along the last axis."""
    return ~best(np.random.default_rng(1).random(shape), keep, of)


def scattered(share: float, shape: tuple[int, ...]) -> Zeros:
    return np.random.default_rng(1).random(shape) < share


def folded(net: Net, tensor: int, simd: int, pe: int, keep: int, of: int, *, fabric: bool = False) -> int:
    net.folds[len(net.builder.nodes) - 1] = Fold(simd=simd, pe=pe, keep=keep, of=of, fabric=fabric)
    return tensor


def conv_two_of_four(net: Net) -> int:
    net.pruned = (of_every(2, 4, (12, 3, 3, 8)),)
    return folded(net, net.conv(net.input((6, 5, 8), q(0.05, 3)), 12, (3, 3)), 8, 3, 2, 4)


def conv_one_of_three_in_groups_that_do_not_divide(net: Net) -> int:
    net.pruned = (of_every(1, 3, (10, 1, 1, 6)),)
    return folded(net, net.conv(net.input((3, 5, 6), q(0.05, 3)), 10, (1, 1)), 6, 4, 1, 3, fabric=True)


def conv_of_one_group(net: Net) -> int:
    """Every row at once: the beats of a vector are read as fast as they are used."""
    net.pruned = (of_every(2, 8, (4, 3, 1, 16)),)
    return folded(net, net.conv(net.input((5, 3, 16), q(0.05, -7)), 4, (3, 1)), 16, 4, 2, 8)


def dense_with_runs_that_overflow(net: Net) -> int:
    """Three multipliers for eight lanes, and runs of up to six weights: those take a tile two cycles."""
    net.pruned = (scattered(0.7, (12, 64)),)
    return folded(net, net.dense(net.input((64,), q(0.05, 3)), 12), 16, 2, 3, 8)


def dense_with_sixteen_to_choose_from(net: Net) -> int:
    net.pruned = (of_every(3, 16, (5, 48)), np.s_[2:4])
    return folded(net, net.dense(net.input((48,), q(0.05, 3)), 5), 16, 1, 3, 16)


def dense_by_a_list(net: Net) -> int:
    net.pruned = (scattered(0.8, (12, 64)),)
    return folded(net, net.dense(net.input((64,), q(0.05, 3)), 12), 2, 2, 1, 1)


def dense_of_which_the_last_beats_are_for_nothing(net: Net) -> int:
    net.pruned = (np.s_[:, 20:],)
    return folded(net, net.dense(net.input((64,), q(0.05, 3)), 4), 2, 1, 1, 1)


def grouped(net: Net, zeros: Zeros, fold: Fold) -> int:
    x = net.input((5, 6, 32), q(0.05, 3))
    net.pruned = (zeros,)
    weights, quant = net.weights((12, 3, 3, 8), 0)
    inputs = [x, weights, net.bias(x, quant, 12)]
    options = {"padding": Padding.SAME, "stride_h": 1, "stride_w": 1, "version": 3}
    y = net.op("CONV_2D", inputs, (1, 5, 6, 12), q(0.3, -11), options="Conv2DOptions", **options)
    net.folds[len(net.builder.nodes) - 1] = fold
    return y


def groups_two_of_four(net: Net) -> int:
    return grouped(net, of_every(2, 4, (12, 3, 3, 8)), Fold(simd=8, pe=3, keep=2, of=4))


def groups_by_lists(net: Net) -> int:
    return grouped(net, scattered(0.7, (12, 3, 3, 8)), Fold(simd=8, pe=1, keep=3, of=8))


LAYERS: Mapping[str, tuple[Callable[[Net], int], str]] = {
    build.__name__: (build, template)
    for build, template in (
        (conv_two_of_four, "matrix_packed"),
        (conv_one_of_three_in_groups_that_do_not_divide, "matrix_packed"),
        (conv_of_one_group, "matrix_packed"),
        (dense_with_runs_that_overflow, "matrix_listed packed"),
        (dense_with_sixteen_to_choose_from, "matrix_listed packed"),
        (dense_by_a_list, "matrix_listed"),
        (dense_of_which_the_last_beats_are_for_nothing, "matrix_listed"),
        (groups_two_of_four, "matrix_packed"),
        (groups_by_lists, "matrix_listed packed"),
    )
}


needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build_layers({n: build for n, (build, _) in LAYERS.items()}, 6, 5, tmp_path_factory.mktemp("sparse"))


@needs_gxx
@pytest.mark.parametrize("name", LAYERS)
def test_the_simulation_computes_the_integers_of_litert(name: str, built: Built) -> None:
    wanted, found = built.pairs[name]
    assert np.unique(wanted).size > 1
    np.testing.assert_array_equal(found, wanted)
    code = (built.bundle / "runtime/hls/src/top.cpp").read_text("utf-8")
    calls = [line.strip() for line in code.splitlines() if line.strip().startswith("ep::matrix")]
    template, _, _ = LAYERS[name][1].partition(" ")
    call = calls[list(LAYERS).index(name)]
    assert call.startswith(f"ep::{template}<")
    assert ("_index" in call) == ("packed" in LAYERS[name][1])


@needs_gxx
def test_the_timed_simulation_takes_the_cycles_that_were_estimated(built: Built) -> None:
    assert timing(built.bundle, flags=UNOPTIMIZED).interval == built.interval


@pytest.mark.skipif(bool(missing_tools()), reason="clang++ or LLVM's opt is not installed")
def test_every_process_takes_the_cycles_it_was_estimated_at(built: Built) -> None:
    assert max(check_subset(built.bundle / "runtime/hls").cycles.values()) == built.interval


@needs_gxx
@pytest.mark.slow
def test_exact_width_integers_compute_the_same(built: Built, tmp_path: Path) -> None:
    assert "0 values differ" in exact_width(built.bundle / "runtime/hls", tmp_path)


def matrix(rows: npt.NDArray[Any]) -> Linear:
    none = np.zeros(len(rows), np.int64)
    scaling = Scaling(bias=none, multiplier=none, shift=none, sum_bits=20, factor_bits=31, rounding=Rounding.TWICE)
    return Linear(rows=rows, scaling=scaling, zeros=int((rows == 0).sum()))


@given(st.data())
def test_every_weight_meets_its_value_after_that_was_read(data: st.DataObject) -> None:
    """The arrays, taken as the templates take them, give the matrix's products, for every fold that is offered."""
    sets = data.draw(st.sampled_from([1, 1, 2, 3]), "sets")
    outputs, inputs = (
        sets * data.draw(st.integers(1, 6), "outputs"),
        data.draw(st.sampled_from([4, 6, 8, 16]), "inputs"),
    )
    random = np.random.default_rng(data.draw(st.integers(0, 99), "seed"))
    rows = random.integers(1, 128, (outputs, inputs)).astype(np.int8)
    rows[random.random(rows.shape) < data.draw(st.sampled_from([0.2, 0.5, 0.8, 1.0]), "zeros")] = 0
    each = outputs // sets
    pe = [p for p in range(1, each + 1) if sets == 1 or each % p == 0]
    lanes = [n for n in (1, 2, 4, 8) if inputs % n == 0]
    linear = matrix(rows)
    fold = data.draw(st.sampled_from(list(matrix_folds(linear, lanes, pe, sets=sets))), "fold")
    vectors = random.integers(-128, 128, (sets, inputs))
    wanted = np.einsum("sei,si->se", rows.reshape(sets, each, inputs).astype(np.int64), vectors)
    np.testing.assert_array_equal(unit(linear, fold, vectors)[:, :each], wanted)


def unit(linear: Linear, fold: Fold, vectors: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What a matrix unit makes of one vector for each of its matrices."""
    sets, steps = len(vectors), vectors.shape[1] // fold.simd
    arrays = {a.name: a.values for a in arrays_of(linear, fold, sets)}
    plan = plan_of(linear, fold, sets)
    assert len(arrays["weight"]) == plan.rows == plan.by_group.sum()
    assert ("place" in arrays) == plan.listed
    beats = [list(v.reshape(steps, fold.simd)) for v in vectors]
    held: list[Any] = []
    sums: list[list[int]] = [[] for _ in range(sets)]
    own = np.zeros(fold.pe, np.int64)
    groups = len(plan.by_group) // sets
    done, at = 0, 0
    for row, weights in enumerate(arrays["weight"]):
        if plan.listed:
            entry = int(arrays["place"][row])
            step, reads, last = entry & 0x3FFF, bool(entry & 0x4000), bool(entry & 0x8000)
        else:
            step, reads, last = at, done % groups == 0, at == steps - 1
            at = (at + 1) % steps
        if reads:
            held.append(beats[done // groups].pop(0))
        own += (weights.astype(np.int64) * chosen(held[step], arrays, row, fold)).sum(axis=1)
        if last:
            sums[done // groups] += own.tolist()
            own[:] = 0
            done += 1
            if done % groups == 0:
                assert not beats[done // groups - 1]
                held = []
    assert done == len(plan.by_group)
    return np.asarray(sums)


def chosen(beat: npt.NDArray[Any], arrays: Mapping[str, npt.NDArray[Any]], row: int, fold: Fold) -> npt.NDArray[Any]:
    """``[pe, lanes]``: the value of each multiplier."""
    if fold.of == 1:
        return np.broadcast_to(beat, (fold.pe, fold.simd))
    bits = 1 if fold.of == 2 else 2 if fold.of <= 4 else 4
    every = np.unpackbits(arrays["index"][row].astype(np.uint8), bitorder="little")[: fold.pe * fold.lanes * bits]
    index = (every.reshape(fold.pe, fold.lanes, bits) << np.arange(bits)).sum(axis=2)
    values: npt.NDArray[Any] = beat[index + np.arange(fold.lanes) // fold.keep * fold.of]
    return values


def one_layer(zeros: Any) -> Model:
    net = Net(seed=2)
    net.pruned = (zeros,)
    return net.model(net.conv(net.input((8, 8, 32), q(0.05, 3)), 32, (1, 1)))


def test_two_of_four_take_half_the_multipliers_or_half_the_cycles() -> None:
    shape = (32, 1, 1, 32)
    dense, sparse = one_layer(np.s_[:0]), one_layer(of_every(2, 4, shape))
    fold, twice = Fold(simd=8, pe=4), Fold(simd=16, pe=4, keep=2, of=4)
    packed = Fold(simd=8, pe=4, keep=2, of=4)
    before, fewer, faster = (
        design_for(model, PART, folds={0: chosen}).folding.choices[0]
        for model, chosen in ((dense, fold), (sparse, packed), (sparse, twice))
    )
    scaling = before.cost.dsp - 32
    assert (before.cycles, before.cost.dsp - scaling) == (64 * 4 * 8, 32)
    assert fewer.cycles == before.cycles
    assert 16 <= fewer.cost.dsp <= 16 + scaling
    assert faster.cycles == before.cycles // 2
    assert 32 <= faster.cost.dsp <= 32 + 2 * scaling


def test_folding_takes_packed_lanes_where_they_cost_less_and_not_for_few_zeros() -> None:
    interval = 64 * 4 * 8
    sparse, dense = (
        design_for(one_layer(zeros), PART, interval=interval)
        for zeros in (of_every(2, 4, (32, 1, 1, 32)), scattered(0.05, (32, 1, 1, 32)))
    )
    assert sparse.folds[0].of > 1
    assert sparse.saved(0)[0].startswith("zeros save ")
    assert sparse.cost.lut < 0.9 * dense.cost.lut  # both of LUTs: slices are for what they cost more in
    assert sparse.cost.dsp <= dense.cost.dsp
    assert dense.folds[0].of == 1
    assert dense.saved(0) == []


def test_multiplexers_and_indices_are_counted() -> None:
    """Eight multipliers of four places: a LUT a bit; 16 bits of indices a row beside 64 of weights."""
    rows = np.where(of_every(2, 4, (64, 512)), 0, 1).astype(np.int8)
    linear, fold = matrix(rows), Fold(simd=16, pe=1, keep=2, of=4)
    assert plan_of(linear, fold).rows == 2048
    assert reading_cost(linear, fold) == memory(64, 2048) + memory(16, 2048) + Cost(lut=8 * 8, ff=8 * 8)
    assert reading_cost(linear, fold).bram18 == 10
