"""Layers as matrices: rows times matrix is what LiteRT computes."""

import numpy as np
import pytest
from compress.running import images, network
from prune.networks import Network

from packager.compress._grams import grams
from packager.compress._layers import layers_of
from packager.compress._rows import rows_of, traced
from packager.ir import Padding


def test_rows_times_the_matrix_are_the_layer() -> None:
    n = Network(2, integer=False)
    y = n.conv(n.input(1, 7, 7, 4), 6, 3, stride=2, relu=False)
    y = n.depthwise(y, 2, relu=False)
    y = n.conv(y, 5, 2, padding=Padding.VALID, relu=False)
    model = n.model(n.dense(n.flatten(y), 3))
    layers = layers_of(model.main)
    assert [layer.op for layer in layers] == ["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_2D", "FULLY_CONNECTED"]
    tensors = [t for layer in layers for t in (layer.source, layer.call.node.outputs[0])]
    (found,) = traced(model, [images(5, 7, 7, 4)], tensors)
    for layer in layers:
        rows = rows_of(layer, found[layer.source], np.arange(5 * layer.positions))
        sums = np.einsum("not,ot->no", rows, layer.matrix) if layer.depthwise else rows @ layer.matrix.T
        wanted = found[layer.call.node.outputs[0]].reshape(sums.shape)
        np.testing.assert_allclose(sums + layer.bias, wanted, rtol=1e-4, atol=1e-5)
        assert np.array_equal(layer.shaped(layer.matrix), layer.weights)


def test_moments_are_those_of_the_rows() -> None:
    model, x = network(), images(30)
    layer = layers_of(model.main)[0]
    gram = grams(model, [layer], [x], seed=0)[layer.index]
    rows = rows_of(layer, x, np.arange(30 * layer.positions))
    np.testing.assert_allclose(gram.mean, rows.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(gram.covariance, np.cov(rows.T, bias=True), atol=1e-5)


def test_shared_and_quantized_weights_are_left_out() -> None:
    n = Network(3, integer=True)
    assert not layers_of(n.model(n.conv(n.input(1, 4, 4, 4), 4)).main)
    n = Network(3, integer=False)
    y = n.conv(n.input(1, 4, 4, 4), 4)
    shared = n.b.nodes[0].inputs
    n.layer("CONV_2D", [y, *shared[1:]], (1, 4, 4, 4), "Conv2DOptions", stride_h=1, stride_w=1)
    assert not layers_of(n.b.graph([y]))


@pytest.mark.parametrize("limit", [10, 100_000])
def test_few_rows_are_enough_to_ask_for(limit: int) -> None:
    model, x = network(), images(20)
    layer = layers_of(model.main)[0]
    gram = grams(model, [layer], [x], seed=0, limit=limit)[layer.index]
    assert np.isfinite(gram.covariance).all()
