"""Streams between layers: widths that do not divide, copies, skip connections that must not lock up."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from emit.hls.making import PART, UNOPTIMIZED, Net, frames, q, reference_outputs, write_bundle

from packager.emit.hls import design_for, unsupported
from packager.errors import IntegrityError
from packager.ir import Activation, Model, Padding
from packager.measure.hls import csim, timing
from packager.plan.folding import Fold

needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def residual(net: Net) -> Model:
    """Two blocks: one that adds its input to two convolutions of it, one that adds a strided branch."""
    x = net.input((12, 10, 3), q(0.05, -4))
    stem = net.conv(x, 6, (3, 3), activation=Activation.RELU, out=q(0.2, -128))
    net.fold(3, 2)
    inner = net.conv(stem, 6, (3, 3), activation=Activation.RELU, out=q(0.2, -128))
    net.fold(2, 3)
    block = net.add(stem, net.conv(inner, 6, (3, 3), out=q(0.3, 5)), q(0.3, -128), Activation.RELU)
    inner = net.conv(block, 8, (3, 3), (2, 2), out=q(0.3, 1))
    net.fold(3, 4)
    inner = net.conv(inner, 8, (3, 3), out=q(0.3, 1))
    side = net.conv(block, 8, (1, 1), (2, 2), out=q(0.2, 2))
    last = net.add(inner, side, q(0.4, -3))
    pooled = net.pool("AVERAGE_POOL_2D", last, (6, 5), (6, 5), Padding.VALID)
    return net.model(net.softmax(net.dense(net.reshape(pooled, (1, 8)), 4)), last)


@needs_gxx
def test_skip_connections_compute_what_litert_computes_and_never_lock_up(tmp_path: Path) -> None:
    net = Net(seed=3)
    model = residual(net)
    assert not unsupported(model)
    inputs = frames(model, 4)
    wanted = reference_outputs(model, inputs)
    bundle = write_bundle(model, inputs, wanted, tmp_path, net.folds)
    for found, expected in zip(csim(bundle, inputs, flags=UNOPTIMIZED), wanted, strict=True):
        np.testing.assert_array_equal(found, expected)
    measured = timing(bundle, flags=UNOPTIMIZED)
    design = design_for(model, PART, folds=net.folds)
    assert design.interval <= measured.interval <= 1.1 * design.interval
    assert measured.latency > measured.interval
    assert all(most <= depth for depth, most in measured.buffers.values())


@needs_gxx
def test_the_timed_simulation_names_a_skip_connection_that_locks_up(tmp_path: Path) -> None:
    net = Net(seed=3)
    model = residual(net)
    inputs = frames(model, 3)
    bundle = write_bundle(model, inputs, reference_outputs(model, inputs), tmp_path, net.folds)
    header = bundle / "runtime/hls/src/depths.h"
    code = header.read_text("utf-8")
    deep = next(c for c in design_for(model, PART, folds=net.folds).network.channels if c.depth == c.tokens > 100)
    declared = f"DEPTH_{deep.name} {deep.depth}\n"
    assert code.count(declared) == 1
    header.write_text(code.replace(declared, f"DEPTH_{deep.name} 2\n"), "utf-8")
    with pytest.raises(IntegrityError, match="locks up"):
        timing(bundle, flags=UNOPTIMIZED)


@needs_gxx
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_depths_that_the_simulation_saw_are_enough_and_keep_the_pace(tmp_path: Path) -> None:
    """The stream that skips twelve rows of thirty holds them and no whole frame."""
    net = Net(seed=3)
    x = net.conv(net.input((30, 8, 4), q(0.05, -4)), 4, (1, 1), out=q(0.2, -128))
    y = net.conv(x, 4, (3, 3), out=q(0.3, 5))
    model = net.model(net.add(x, net.conv(y, 4, (3, 3), out=q(0.3, 5)), q(0.3)))
    inputs = frames(model, 3)
    bundle = write_bundle(model, inputs, reference_outputs(model, inputs), tmp_path, {0: Fold(simd=1, pe=1)})
    before = timing(bundle, flags=UNOPTIMIZED)
    project = bundle / "runtime/hls"
    command = ["make", "depths", "CXXFLAGS=-std=c++14 -O0 -Wall -Wextra -Werror"]
    done = subprocess.run(command, cwd=project, capture_output=True, check=False, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    after = timing(bundle, flags=UNOPTIMIZED)
    assert (after.interval, after.latency) == (before.interval, before.latency)
    saved = {name: (before.buffers[name][0], depth) for name, (depth, _) in after.buffers.items()}
    assert all(new <= old for old, new in saved.values())
    assert any(new < old for old, new in saved.values())


@needs_gxx
@pytest.mark.parametrize("seed", range(3))
def test_branches_of_which_neither_is_the_shorter_never_lock_up(seed: int, tmp_path: Path) -> None:
    """One branch starts early and needs the last row, the other starts late and does without it."""
    net = Net(seed=seed)
    x = net.input((16, 4, 2), q(0.05, -4))
    early = net.conv(net.conv(x, 2, (1, 1), (3, 1), out=q(0.3)), 2, (1, 1), out=q(0.3))
    net.fold(1, 1 + seed % 2)
    late = net.conv(x, 2, (9, 1), (3, 1), out=q(0.3))
    model = net.model(net.add(early, late, q(0.5)))
    inputs = frames(model, 3)
    wanted = reference_outputs(model, inputs)
    bundle = write_bundle(model, inputs, wanted, tmp_path, net.folds)
    np.testing.assert_array_equal(csim(bundle, inputs, flags=UNOPTIMIZED)[0], wanted[0])
    assert timing(bundle, flags=UNOPTIMIZED).interval > 0


@pytest.mark.parametrize(("lanes", "wanted"), [((6, 4), ["widen", "narrow"]), ((4, 4), []), ((2, 8), ["widen"])])
def test_widths_are_converted_at_full_pace_where_a_common_multiple_fits(
    lanes: tuple[int, int], wanted: list[str]
) -> None:
    net = Net()
    first = net.conv(net.input((4, 4, 1), q(0.1)), 24, (1, 1))
    net.fold(1, lanes[0])
    net.conv(first, 24, (1, 1))
    net.fold(lanes[1], 1)
    model = net.model(len(net.builder.tensors) - 1)
    network = design_for(model, PART, folds=net.folds).network
    between = [p for p in network.processes if p.op is None and p.writes[0].startswith("conv_2d_0")]
    assert [p.stage.name for p in between] == wanted
    assert all(p.stage.cycles <= 16 * 24 // min(lanes) for p in between)


def test_every_stream_has_one_writer_and_one_reader() -> None:
    net = Net(seed=3)
    network = design_for(residual(net), PART, folds=net.folds).network
    written = [name for p in network.processes for name in p.writes]
    read = [name for p in network.processes for name in p.reads]
    ports = [c.name for c in network.inputs], [c.name for c in network.outputs]
    inner = {c.name for c in network.channels if not c.port}
    assert sorted(written) == sorted(inner | set(ports[1]))
    assert sorted(read) == sorted(inner | set(ports[0]))


def test_a_fold_that_is_asked_for_is_kept() -> None:
    net = Net()
    model = net.model(net.conv(net.input((4, 4, 4), q(0.1)), 6, (3, 3)))
    design = design_for(model, PART, folds={0: Fold(simd=2, pe=3)})
    assert design.folds == (Fold(simd=2, pe=3),)
    assert design.interval == 4 * 4 * 9 * 4 * 6 // 6


@needs_gxx
def test_groups_of_few_tiles_wait_in_a_buffer_and_stall_nobody(tmp_path: Path) -> None:
    """Forty of 64 rows are zeros: their sums come a cycle apart, and are scaled while other rows take their time."""
    net = Net(seed=5)
    net.pruned = (np.s_[20:60],)
    model = net.model(net.conv(net.input((4, 4, 64), q(0.05, 3)), 64, (1, 1)))
    folds = {0: Fold(simd=2, pe=1)}
    inputs = frames(model, 3)
    wanted = reference_outputs(model, inputs)
    bundle = write_bundle(model, inputs, wanted, tmp_path, folds)
    np.testing.assert_array_equal(csim(bundle, inputs, flags=UNOPTIMIZED)[0], wanted[0])
    design = design_for(model, PART, folds=folds)
    assert design.interval == 4 * 4 * (24 * 32 + 40)
    assert design.network.channel("conv_2d_0_matrix").depth > 16
    assert design.interval <= timing(bundle, flags=UNOPTIMIZED).interval <= design.interval + 32
