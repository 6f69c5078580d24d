"""Subsampling: the share goes, where it costs the least, and what is left is fitted."""

import functools
from typing import Any

import numpy as np
import pytest
from compress.running import error, images, objections, run
from prune.networks import Array, Network

from packager.compress import Compressed
from packager.compress._grids import AXES
from packager.compress._halving import Halving, halvings
from packager.compress._starts import Search
from packager.errors import ConfigError
from packager.ir import Model, verify
from packager.prune import work_of


def smooth(count: int, seed: int = 0) -> Array:
    """Images of 12x8 whose neighbouring pixels are alike, as those of the world are."""
    x = images(count, 16, 12, 3, seed=seed)
    found: Array = np.stack([x[:, i : i + 12, j : j + 8] for i in range(5) for j in range(5)]).mean(axis=0) * 5
    return found


def network() -> Model:
    """Windows of 3x3, full and depthwise, one addition, a mean at the end."""
    n = Network(2, integer=False)
    stem = n.conv(n.input(1, 12, 8, 3), 8, 3)
    y = n.conv(n.depthwise(stem), 8, 1)
    y = n.add(stem, y, relu=True)
    y = n.conv(n.depthwise(n.conv(y, 12, 3)), 16, 1)
    return n.model(n.dense(n.mean(y), 5))


@functools.cache
def fitted() -> Compressed:
    """The network with at least 0.4 of its work gone, fitted, as several tests look at it."""
    return run("subsample", network(), smooth(100), share=0.4)


def check_share(done: Compressed, share: float) -> None:
    model = network()
    assert list(verify(done.model)) == []
    gone = 1 - work_of(done.model.main) / work_of(model.main)
    assert gone >= share
    assert f"{gone:.1%}" in done.summary
    assert done.table is not None
    assert sum(int(row[3]) - int(row[4]) for row in done.table.rows) == work_of(model.main) - work_of(done.model.main)
    assert error(model, done.model, smooth(40, seed=3)) < 1


@pytest.mark.parametrize("share", [0.15, 0.3, 0.6])
def test_the_share_goes(share: float) -> None:
    check_share(run("subsample", network(), smooth(60), share=share, refit=False), share)


def test_fitting_brings_it_nearer() -> None:
    model, unseen, done = network(), smooth(60, seed=7), fitted()
    check_share(done, 0.4)
    plain = run("subsample", model, smooth(100), share=0.4, refit=False).model
    assert error(model, done.model, unseen) < 0.8 * error(model, plain, unseen)


def test_the_way_that_costs_the_least_is_taken() -> None:
    """Inputs that do not change in height lose rows, not columns."""
    model = network()
    x = np.repeat(smooth(60)[:, :1], 12, axis=1)
    x = (x + 2 * np.random.default_rng(1).normal(size=(60, 1, 8, 3))).astype(np.float32)
    done = run("subsample", model, x, share=0.3, refit=False)
    assert done.changes
    assert all("height" in note.message for note in done.changes)


def test_layers_and_axes_are_as_asked() -> None:
    model, x = network(), smooth(20)
    names = [model.main.node_name(i) for i, node in enumerate(model.main.nodes) if "CONV" in node.op]
    done = run("subsample", model, x, share=0.1, axes=["width"], layers=[names[3]], refit=False)
    (note,) = done.changes
    assert "width" in note.message
    assert repr(names[3]) in note.where
    skipped = run("subsample", model, x, share=0.1, skip=names[4:], refit=False)
    assert not any(repr(name) in note.where for note in skipped.changes for name in names[4:])


def test_layer_costs_count_what_is_left() -> None:
    """Positions that are left are compared with the same of the original, whole layers charged one by one."""
    from packager.compress._layerwise import layer_costs
    from packager.config.samples import Samples

    model, x, done = network(), smooth(40), fitted()
    costs = layer_costs(model, done, model, Samples(arrays={model.input_names()[0]: x}, source="a test"))
    assert len(costs) == sum("CONV" in node.op or node.op == "FULLY_CONNECTED" for node in model.main.nodes)
    assert all(np.isfinite(cost.loss) for cost in costs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 1.0}, "can't be left out"),
        ({"share": 0.3, "axes": ["hight"]}, "no axis 'hight'"),
        ({"share": 0.3, "axes": []}, "axes is empty"),
        ({"share": 0.3, "skip": ["conv"]}, "no layer 'conv'"),
    ],
)
def test_wrong_requests_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        objections("subsample", network(), smooth(2), **options)


def test_the_refusal_says_what_there_is() -> None:
    n = Network(2, integer=False)
    y = n.conv(n.depthwise(n.conv(n.input(1, 12, 8, 3), 8, 3)), 8, 1)
    model = n.model(n.dense(n.mean(y), 5))
    with pytest.raises(ConfigError, match="can't take 99% of the multiply-accumulates") as caught:
        run("subsample", model, smooth(10), share=0.99)
    most = float(caught.value.hint.split("%")[0]) / 100
    done = run("subsample", model, smooth(10), share=most - 0.001, refit=False)
    assert 1 - work_of(done.model.main) / work_of(model.main) == pytest.approx(most, abs=0.001)


def test_a_deep_network_is_not_halved_in_every_way() -> None:
    """Of eight layers and a stride in between, four starts could be had in some 1,500 ways."""
    n = Network(3, integer=False)
    y = n.input(1, 12, 8, 3)
    for stride in (1, 1, 1, 1, 2, 1, 1, 1):
        y = n.conv(y, 6, 3, stride=stride)
    model = n.model(n.dense(n.mean(y), 5))
    asked = 0

    def ways(model: Model, axis: str) -> list[Halving]:
        nonlocal asked
        asked += 1
        return list(halvings(model, axis))

    search = Search(model, [functools.partial(ways, axis=axis) for axis in AXES], 0.2 * work_of(model.main))
    assert search.found
    assert all(work_of(way.model.main) <= 0.2 * work_of(model.main) for way in search.ways)
    assert asked < 250


def test_a_model_without_such_layers_is_refused_with_what_is_in_the_way() -> None:
    n = Network(1, integer=False)
    model = n.model(n.dense(n.flatten(n.conv(n.input(1, 12, 8, 3), 4)), 3))
    (problem,) = objections("subsample", model, smooth(2), share=0.3)
    assert f"no layer's positions can be left out: {model.main.where(1)} needs all" in problem.message
    assert problem.message.count("RESHAPE") == 1, "in height and in width it is the same"
    (problem,) = objections("subsample", model, smooth(2), share=0.3, layers=[model.main.node_name(0)])
    assert "RESHAPE" in problem.message


def test_layers_that_leave_nothing_are_said_to() -> None:
    model = network()
    names = [model.main.node_name(i) for i, node in enumerate(model.main.nodes) if "CONV" in node.op]
    (problem,) = objections("subsample", model, smooth(2), share=0.3, skip=names)
    assert problem.message.endswith("`layers` and `skip` leave none that could lose some")


def test_what_limits_the_share_is_named() -> None:
    """A pool of windows keeps what is before it, so only the last layer can lose positions."""
    n = Network(2, integer=False)
    y = n.pool(n.conv(n.input(1, 12, 8, 3), 8, 3))
    model = n.model(n.dense(n.mean(n.conv(y, 4, 3)), 5))
    with pytest.raises(ConfigError, match="can't take 90%") as caught:
        run("subsample", model, smooth(4), share=0.9)
    assert "MAX_POOL_2D #1" in caught.value.hint
