"""Low rank: exact where the layer has that rank, within the bound elsewhere, and only where it pays."""

import dataclasses
import importlib.util
import re

import numpy as np
import pytest
from compress.running import error, images, objections, run
from prune.networks import Array, Network

from packager.compress._factors import Factors, factorized
from packager.compress._grams import Gram
from packager.compress._layers import layers_of, with_constants
from packager.errors import ConfigError, UnsupportedError
from packager.ir import Model, verify
from packager.plan.cost import cost_of


def wide(rank: int = 3) -> Model:
    """A 3x3 convolution to 64 channels, a strided 1x1 and a dense layer of 64x256, the last two of a low rank."""
    n = Network(5, integer=False)
    y = n.conv(n.conv(n.input(1, 8, 8, 4), 64, 3), 64, 1, stride=2)
    y = n.dense(n.dense(n.flatten(n.pool(y)), 128, relu=True), 5)
    rng = np.random.default_rng(0)
    for node in n.b.nodes:
        at = node.inputs[1] if len(node.inputs) > 1 else -1
        data = n.b.tensors[at].data
        if data is None or data.dtype != np.float32 or data.shape[1:3] == (3, 3) or data.shape[0] == 5:
            continue
        outs, columns = data.shape[0], data.size // data.shape[0]
        low = rng.normal(size=(outs, rank)) @ rng.normal(size=(rank, columns)) / np.sqrt(columns * rank)
        n.b.tensors[at] = dataclasses.replace(n.b.tensors[at], data=low.reshape(data.shape).astype(np.float32))
    return n.model(y)


def test_layers_of_a_low_rank_become_two_and_stay_what_they_were() -> None:
    model, x = wide(), images(60, 8, 8, 4)
    done = run("low_rank", model, x, error=1e-6, refit=False)
    assert list(verify(done.model)) == []
    assert done.table is not None
    assert [row[2] for row in done.table.rows] == ["3", "3"]
    assert [node.op for node in done.model.main.nodes].count("CONV_2D") == 3
    assert error(model, done.model, images(20, 8, 8, 4, seed=2)) < 1e-8
    assert cost_of(done.model).macs == cost_of(model).macs - sum(int(r[4]) - int(r[5]) for r in done.table.rows)
    assert done.model.main.node_name(len(done.model.main.nodes) - 1) == model.main.node_name(len(model.main.nodes) - 1)


def test_the_error_is_bounded_and_the_rank_the_least() -> None:
    rng = np.random.default_rng(1)
    (layer, *_) = layers_of(wide(40).main)
    x = rng.normal(size=(500, 36)) @ rng.normal(size=(36, 36))
    gram = Gram(mean=x.mean(axis=0), covariance=np.cov(x.T, bias=True))

    def lost(first: Array, second: Array) -> float:
        gap = layer.matrix - second @ first
        return float(np.einsum("oi,ij,oj->", gap, gram.covariance, gap)) / float(
            np.einsum("oi,ij,oj->", layer.matrix, gram.covariance, layer.matrix)
        )

    for bound in (0.3, 0.1, 0.02):
        factors = factorized(layer, gram, bound)
        assert lost(factors.first, factors.second) <= bound * 1.01
        left, sizes, right = np.linalg.svd(layer.matrix.astype(np.float64))
        plain = len(factors.first)
        assert lost(sizes[:plain, None] * right[:plain], left[:, :plain]) >= lost(factors.first, factors.second) * 0.99


def test_a_metric_says_which_errors_count() -> None:
    rng = np.random.default_rng(2)
    (layer, *_) = layers_of(wide(40).main)
    x = rng.normal(size=(500, 36)) @ rng.normal(size=(36, 36))
    gram = Gram(mean=x.mean(axis=0), covariance=np.cov(x.T, bias=True))
    slopes = rng.normal(size=(300, 64)) * np.geomspace(1, 1e-2, 64)
    metric = slopes.T @ slopes / 300

    def lost(factors: Factors) -> float:
        gap = layer.matrix - factors.second @ factors.first
        return float(np.einsum("oi,op,pj,ij->", gap, metric, gap, gram.covariance))

    for bound in (0.3, 0.1, 0.02):
        told = factorized(layer, gram, bound, metric)
        rank = len(told.first)
        energy = float(np.einsum("oi,op,pj,ij->", layer.matrix, metric, layer.matrix, gram.covariance))
        assert lost(told) <= bound * 1.01 * energy
        untold = next(f for e in np.geomspace(1e-4, 1, 400) if len((f := factorized(layer, gram, e)).first) <= rank)
        assert lost(told) < 0.7 * lost(untold)
        np.testing.assert_allclose(told.second_bias, untold.second_bias)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]")
def test_outputs_that_no_answer_depends_on_may_be_wrong() -> None:
    n = Network(4, integer=False)
    hidden = n.dense(n.flatten(n.input(1, 4, 4, 4)), 48, relu=True)
    model = n.model(n.dense(hidden, 5))
    first, last = layers_of(model.main)
    read = last.weights.copy()
    read[:, 6:] = 0
    model = with_constants(model, {last.tensor: read})
    x = images(400, 4, 4, 4)
    by_output, by_answer = (
        run("low_rank", model, x, error=0.3, layers=[first.name], metric=metric) for metric in ("output", "fisher")
    )
    assert by_answer.table is not None
    assert int(by_answer.table.rows[0][2]) <= 6, "six outputs count"
    assert by_output.table is not None
    assert int(by_output.table.rows[0][2]) > 6
    fresh = images(50, 4, 4, 4, seed=3)
    assert error(model, by_answer.model, fresh) < error(model, by_output.model, fresh)


def test_windows_are_left_alone_unless_asked_for() -> None:
    model, x = wide(), images(60, 8, 8, 4)
    done = run("low_rank", model, x, error=0.3, spatial=True)
    assert done.table is not None
    assert any("64x36" in row[1] for row in done.table.rows)
    assert error(model, done.model, images(20, 8, 8, 4, seed=2)) < 0.6


def test_what_does_not_pay_is_refused() -> None:
    n = Network(1, integer=False)
    model = n.model(n.dense(n.flatten(n.conv(n.input(1, 6, 6, 4), 4)), 3))
    with pytest.raises(UnsupportedError, match="no layer gets smaller"):
        run("low_rank", model, images(), error=1e-6)


def test_a_file_may_grow_for_less_work_where_that_is_allowed() -> None:
    n, rng = Network(3, integer=False), np.random.default_rng(0)
    model, x = n.model(n.dense(n.flatten(n.pool(n.conv(n.input(1, 12, 8, 1), 48, 5))), 3)), images(60, 12, 8, 1)
    (window, *_) = layers_of(model.main)
    low = rng.normal(size=(48, 12)) @ rng.normal(size=(12, 25))
    model = with_constants(model, {window.tensor: low.reshape(window.weights.shape).astype(np.float32)})
    with pytest.raises(UnsupportedError, match="no layer gets smaller") as caught:
        run("low_rank", model, x, error=1e-6, spatial=True)
    found = re.search(r"grow = (\d+)", caught.value.hint)
    assert found is not None
    with pytest.raises(UnsupportedError):
        run("low_rank", model, x, error=1e-6, spatial=True, grow=int(found[1]) - 1)
    done = run("low_rank", model, x, error=1e-6, spatial=True, grow=int(found[1]))
    assert cost_of(done.model).macs < cost_of(model).macs
    assert len(done.table.rows if done.table else ()) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"grow": -1}, "out of range"),
        ({"error": 0.0}, "no share"),
        ({"metric": "loss"}, "no metric"),
        ({"layers": ["dense"]}, "no layer"),
    ],
)
def test_wrong_requests_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        objections("low_rank", wide(), images(2, 8, 8, 4), **options)
