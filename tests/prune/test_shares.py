"""Channel pruning: as much work goes as was asked, groups stay together, and what stays makes up for what goes."""

import dataclasses

import numpy as np
import pytest
from ops.judging import litert
from prune.networks import Array, Network, widths

from packager.errors import ConfigError, UnsupportedError
from packager.ir import Model, verify
from packager.ops import call_of, find_op
from packager.prune import prune_channels
from packager.prune.channels import channels_of
from packager.prune.choose import families, plan_channels, works_of
from packager.prune.choose import macs as left


def images(count: int = 40, *dims: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(0, 1, (count, *(dims or (6, 6, 3)))).astype(np.float32)


def macs(model: Model) -> int:
    total = 0
    for node in model.main.nodes:
        op = find_op(node.op)
        total += op.macs(call_of(model.main, node)) if op is not None else 0
    return total


def residual() -> Model:
    n = Network(1, integer=False)
    stem = n.conv(n.input(1, 6, 6, 3), 16, 3)
    y = n.add(stem, n.conv(n.depthwise(n.conv(stem, 24)), 16), relu=True)
    joined = n.concat(y, n.conv(y, 8))
    return n.model(n.dense(n.dense(n.flatten(n.pool(joined)), 20, relu=True), 5))


def error(before: Model, after: Model, inputs: Array) -> float:
    old, new = (litert(m, [inputs], "BUILTIN")[0] for m in (before, after))
    return float(np.square(old - new).mean() / np.square(old - old.mean(axis=0)).mean())


@pytest.mark.parametrize("importance", ["activation", "l1", "l2"])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_the_share_goes_and_groups_stay_together(importance: str, share: float) -> None:
    model = residual()
    pruned = prune_channels(model, [images()], share=share, importance=importance)
    assert list(verify(pruned.model)) == []
    assert (1 - share) * macs(model) * 0.8 < macs(pruned.model) <= (1 - share) * macs(model)
    stem, wide, narrow, side = widths(pruned.model, "CONV_2D")
    assert stem == narrow
    assert widths(pruned.model, "DEPTHWISE_CONV_2D") == [wide]
    assert widths(pruned.model, "CONCATENATION") == [narrow + side]
    assert np.isfinite(litert(pruned.model, [images()], "BUILTIN")[0]).all()
    assert sum(c.removed for c in pruned.plan.cuts) == pruned.plan.removed > 0


@pytest.mark.parametrize("multiple", [4, 8])
def test_widths_stay_multiples(multiple: int) -> None:
    pruned = prune_channels(residual(), [images()], share=0.3, multiple_of=multiple)
    for cut in pruned.plan.cuts:
        assert (cut.channels - cut.removed) % multiple == 0


@pytest.mark.parametrize("multiple", [1, 4, 8])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_nothing_goes_that_need_not(share: float, multiple: int) -> None:
    """Whatever the importance: had one layer kept a step more, too little would be gone."""
    graph = residual().main
    channels = channels_of(graph)
    works = works_of(graph, channels)
    goal = (1 - share) * left(works, np.ones(channels.count, np.bool_))
    for seed in range(20):
        importance = np.random.default_rng(seed).lognormal(0, 2, channels.count)
        plan = plan_channels(graph, channels, importance, share=share, multiple_of=multiple)
        needed = np.ones(channels.count, np.bool_)
        for slot, keep in plan.keep.items():
            needed[channels.groups[slot][~keep]] = False
        assert left(works, needed) <= goal
        for family in families(graph, channels, importance, ()):
            gone = int((~needed[family.members]).sum())
            fewer = max((step for step in family.steps(multiple) if step < gone), default=gone)
            more = needed.copy()
            more[family.members[fewer:]] = True
            assert gone == 0 or left(works, more) > goal


def test_what_other_channels_tell_costs_nothing() -> None:
    """Half of the channels double the other half: they go first, and the output is as before."""
    n = Network(2, integer=False)
    y = n.conv(n.input(1, 6, 6, 3), 8, 3)
    at = n.b.nodes[0].inputs[1:3]
    for t in at:
        data = n.b.tensors[t].data
        assert data is not None
        n.b.tensors[t] = dataclasses.replace(n.b.tensors[t], data=np.concatenate([data[:4], 2 * data[:4]]))
    model = n.model(n.dense(n.mean(n.conv(y, 6, 3, relu=False)), 4))
    pruned = prune_channels(model, [images(200)], share=0.4, skip=[model.main.node_name(1)])
    assert widths(pruned.model, "CONV_2D")[0] == 4
    assert error(model, pruned.model, images(50, seed=1)) < 0.02


def test_the_mean_output_is_kept() -> None:
    n = Network(3, integer=False)
    y = n.conv(n.input(1, 6, 6, 3), 16, 3)
    model = n.model(n.dense(n.mean(y), 4))
    pruned = prune_channels(model, [images(100)], share=0.5)
    old, new = (litert(m, [images(100)], "BUILTIN")[0].mean(axis=0) for m in (model, pruned.model))
    np.testing.assert_allclose(new, old, rtol=1e-3, atol=1e-3)


def test_activations_tell_more_than_norms() -> None:
    model, seen, unseen = residual(), images(200), images(100, seed=1)
    found = {
        how: error(model, prune_channels(model, [seen], share=0.4, importance=how).model, unseen)
        for how in ("activation", "l1")
    }
    assert found["activation"] < found["l1"]


def test_a_skipped_layer_keeps_its_channels() -> None:
    model = residual()
    name = model.main.node_name(next(i for i, node in enumerate(model.main.nodes) if node.op == "CONV_2D"))
    pruned = prune_channels(model, [images()], share=0.2, skip=[name])
    assert widths(pruned.model, "CONV_2D")[0] == 16
    assert widths(pruned.model, "CONV_2D")[2] == 16, "its residual partner keeps them too"


def test_two_runs_cut_the_same() -> None:
    first, second = (prune_channels(residual(), [images()], share=0.3) for _ in range(2))
    for a, b in zip(first.model.main.tensors, second.model.main.tensors, strict=True):
        assert a.type == b.type
        assert (a.data is None) == (b.data is None)
        assert a.data is None or b.data is None or np.array_equal(a.data, b.data)


@pytest.mark.parametrize("share", [-0.1, 0.0, 1.0, 30.0, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ConfigError, match="can't be pruned") as caught:
        prune_channels(residual(), [images()], share=share)
    assert "0.3" in caught.value.hint


def test_a_name_that_is_no_layer_is_refused_with_the_nearest() -> None:
    model = residual()
    name = model.main.node_name(0)
    with pytest.raises(ConfigError, match="no layer") as caught:
        prune_channels(model, [images()], share=0.3, skip=[name + "x"])
    assert repr(name) in caught.value.hint


def test_an_unknown_importance_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no importance 'activations'") as caught:
        prune_channels(residual(), [images()], share=0.3, importance="activations")
    assert "'activation'" in caught.value.hint


def test_more_than_there_is_to_remove_is_refused_with_what_there_is() -> None:
    n = Network(4, integer=False)
    model = n.model(n.conv(n.conv(n.input(1, 6, 6, 3), 8, 3), 64, 3))
    with pytest.raises(UnsupportedError, match="can be pruned, not 95%") as caught:
        prune_channels(model, [images()], share=0.95)
    assert "ask for at most 0.8" in caught.value.hint


def test_widths_that_no_layer_has_are_said_to_keep_all() -> None:
    with pytest.raises(UnsupportedError, match="only 0% of the multiply-accumulates") as caught:
        prune_channels(residual(), [images()], share=0.3, multiple_of=64)
    assert "at most" not in caught.value.hint
    assert "widths of 64" in caught.value.hint


def test_a_quantized_model_is_refused() -> None:
    n = Network(5, integer=True)
    model = n.model(n.dense(n.mean(n.conv(n.input(1, 6, 6, 3), 8)), 4))
    with pytest.raises(UnsupportedError, match="quantized"):
        prune_channels(model, [images().astype(np.int8)], share=0.3)
