"""Fitting anew: exact where the smaller model can compute the original, nearer where it can't."""

import numpy as np
from compress.running import error, images, network, run
from prune.networks import Array, Network

from packager.compress._layers import layers_of, with_constants
from packager.compress._refit import refit


def test_what_can_be_computed_is_computed() -> None:
    """Weights with noise on them come back."""
    model, rng = network(), np.random.default_rng(0)
    layers = layers_of(model.main)
    noisy = with_constants(
        model, {la.tensor: la.weights + rng.normal(0, 0.1, la.weights.shape).astype(np.float32) for la in layers}
    )
    fitted = refit(model, noisy, [images(300)])
    assert error(model, noisy, images(50, seed=3)) > 1e-2
    assert error(model, fitted, images(50, seed=3)) < error(model, noisy, images(50, seed=3)) / 50


def test_masks_hold() -> None:
    model = network()
    layer = layers_of(model.main)[0]
    mask = np.random.default_rng(0).random(layer.weights.shape) > 0.5
    zeroed = with_constants(model, {layer.tensor: layer.weights * mask})
    fitted = refit(model, zeroed, [images(60)], masks={model.main.tensors[layer.tensor].name: mask})
    found = fitted.main.tensors[layer.tensor].data
    assert found is not None
    assert not found[~mask].any()
    assert error(model, fitted, images(50, seed=3)) < error(model, zeroed, images(50, seed=3))


def smooth(count: int, seed: int) -> Array:
    """Images whose neighbouring pixels are alike, as those of the world are."""
    x = images(count, 12, 12, 4, seed=seed)
    found: Array = np.stack([x[:, i : i + 8, j : j + 8] for i in range(5) for j in range(5)]).mean(axis=0) * 5
    return found


def test_pruned_channels_are_made_up_for() -> None:
    n = Network(4, integer=False)
    y = n.conv(n.conv(n.conv(n.input(1, 8, 8, 4), 16, 3), 16, 3), 16, 3)
    model, unseen = n.model(n.dense(n.mean(y), 5)), smooth(100, 5)
    plain, fitted = (run("channels", model, smooth(200, 0), share=0.5, refit=how).model for how in (False, True))
    assert error(model, fitted, unseen) < 0.8 * error(model, plain, unseen)
