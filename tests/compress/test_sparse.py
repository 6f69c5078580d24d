"""Zeros: as many as asked for, where the pattern allows, corrected by second order, and kept by quantization."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from compress.running import error, images, network, objections, run, weights
from hypothesis import given
from hypothesis import strategies as st
from prune.networks import Array, Network

from packager.compress._grams import Gram
from packager.compress._sparse import _swept, corrected
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import ConfigError, UnsupportedError
from packager.ir import verify
from packager.plan.sparsity import is_two_of_four, sparse_layers
from packager.quantize import quantize_model


def correlated(rng: np.random.Generator, columns: int) -> Gram:
    x = rng.normal(size=(200, columns)) @ rng.normal(size=(columns, columns))
    return Gram(mean=x.mean(axis=0), covariance=np.cov(x.T, bias=True))


def energy(gap: Array, gram: Gram) -> float:
    return float(np.einsum("oi,ij,oj->", gap, gram.covariance, gap))


@given(st.integers(0, 1000), st.floats(0.1, 0.9))
def test_the_correction_is_the_best_for_its_mask(seed: int, ratio: float) -> None:
    """Plain zeroing and the sweep are no better, and no small change of what stays is."""
    rng = np.random.default_rng(seed)
    gram, w = correlated(rng, 12), rng.normal(size=(3, 12))
    stays = rng.random(w.shape) > ratio
    best, swept = corrected(w, stays, gram), _swept(w, stays, gram.ridged(1e-2))
    assert (best[~stays] == 0).all()
    assert (swept[~stays] == 0).all()
    exact = Gram(mean=gram.mean, covariance=gram.ridged(1e-2))
    least = energy(w - best, exact)
    assert least <= energy(w - swept, exact) + 1e-9
    assert least <= energy(w * ~stays, exact) + 1e-9
    for _ in range(3):
        moved = best + 1e-3 * rng.normal(size=w.shape) * stays
        assert energy(w - moved, exact) >= least - 1e-12


def test_the_sweep_is_better_than_zeroing() -> None:
    rng = np.random.default_rng(0)
    gram, w = correlated(rng, 64), rng.normal(size=(8, 64))
    stays = rng.random(w.shape) > 0.5
    exact = Gram(mean=gram.mean, covariance=gram.ridged(1e-2))
    swept = energy(w - _swept(w, stays, exact.covariance), exact)
    assert swept < 0.9 * energy(w * ~stays, exact)


def test_the_ratio_is_of_the_whole_model_or_of_each_layer() -> None:
    model, x = network(), images()
    for scope in ("model", "layer"):
        done = run("magnitude", model, x, ratio=0.5, scope=scope)
        assert list(verify(done.model)) == []
        zeros = {name: float((w == 0).mean()) for name, w in weights(done.model).items()}
        sizes = {name: w.size for name, w in weights(done.model).items()}
        total = sum(zeros[name] * sizes[name] for name in zeros) / sum(sizes.values())
        assert total == pytest.approx(0.5, abs=0.01)
        assert (max(zeros.values()) - min(zeros.values()) > 0.1) == (scope == "model")
        assert done.table is not None
        assert len(done.table.rows) == len(zeros)


def test_a_threshold_is_of_the_layer_s_own_spread() -> None:
    model = network()
    done = run("magnitude", model, images(), threshold=0.8, correct=False)
    for name, before in weights(model).items():
        after, limit = weights(done.model)[name], 0.8 * np.sqrt(np.square(before).mean())
        assert np.array_equal(after, np.where(np.abs(before) >= limit, before, 0))


@pytest.mark.parametrize(
    ("step", "options"),
    [("magnitude", {"ratio": 0.5}), ("pattern", {}), ("block", {"ratio": 0.5, "outputs": 1, "inputs": 4})],
)
def test_second_order_beats_magnitude_on_unseen_inputs(step: str, options: dict[str, Any]) -> None:
    model, unseen = network(), images(60, seed=9)
    plain, good = (run(step, model, images(60), correct=correct, **options) for correct in (False, True))
    assert error(model, good.model, unseen) < 0.7 * error(model, plain.model, unseen)


def test_two_of_four_is_what_tensor_cores_take_and_survives_quantization() -> None:
    model, x = network(), images()
    done = run("pattern", model, x)
    layers = [i for i, node in enumerate(model.main.nodes) if node.op in {"CONV_2D", "FULLY_CONNECTED"}]
    assert sparse_layers(done.model.main) == tuple(layers)
    samples = Samples(arrays={model.input_names()[0]: x}, source="a test")
    integer = quantize_model(done.model, Recipe(name="int8", description=""), samples).model
    assert sparse_layers(integer.main) == tuple(layers)
    assert done.kept is not None
    for tensor in integer.main.tensors:
        mask = done.kept.masks.get(tensor.name)
        assert mask is None or tensor.data is None or not (tensor.data[~mask] != 0).any()


def test_blocks_are_zero_together() -> None:
    done = run("block", network(), images(), ratio=0.5, outputs=4, inputs=4)
    for w in weights(done.model).values():
        if w.shape[0] % 4:
            continue
        rows = (w.reshape(w.shape[0], -1) != 0).reshape(w.shape[0] // 4, 4, -1, 4)
        alive = rows.any(axis=(1, 3))
        assert alive.mean() == pytest.approx(0.5, abs=0.05)


def test_later_steps_keep_earlier_zeros() -> None:
    model, x = network(), images()
    first = run("pattern", model, x)
    second = run("magnitude", first.model, x, kept=first.kept, ratio=0.7)
    third = run("channels", second.model, x, kept=second.kept, share=0.3)
    assert third.kept is not None
    for before, after in ((first, second.model), (third, third.model)):
        assert before.kept is not None
        for tensor in after.main.tensors:
            if tensor.name in before.kept.masks:
                assert tensor.data is not None
                assert not tensor.data[~before.kept.masks[tensor.name]].any()
    assert all(is_two_of_four(w.reshape(-1, 4)) for w in weights(second.model).values())


def test_layers_can_be_named_and_skipped() -> None:
    model = network()
    first, *others = weights(model)
    only = run("magnitude", model, images(), ratio=0.5, layers=[first])
    without = run("magnitude", model, images(), ratio=0.5, skip=[first])
    assert [name for name, w in weights(only.model).items() if (w == 0).mean() > 0.1] == [first]
    assert [name for name, w in weights(without.model).items() if (w == 0).mean() > 0.1] == others


@pytest.mark.parametrize(
    ("step", "options", "message"),
    [
        ("magnitude", {}, "give ratio or threshold, above 0"),
        ("magnitude", {"ratio": 0.5, "threshold": 1.0}, "ratio or threshold, not both"),
        ("magnitude", {"ratio": 1.5}, "a ratio of 1.5 can't be zeroed"),
        ("magnitude", {"ratio": float("nan")}, "can't be zeroed"),
        ("magnitude", {"threshold": -1.0}, "out of range"),
        ("magnitude", {"ratio": 0.5, "scope": "layers"}, "no scope 'layers'"),
        ("pattern", {"keep": 4}, "no pattern"),
        ("block", {"ratio": 0.0}, "can't be zeroed"),
        ("block", {"ratio": 0.5, "outputs": 1, "inputs": 1}, "no block"),
        ("block", {"ratio": 0.5, "skip": ["conv_2d_9"]}, "no layer 'conv_2d_9'"),
    ],
)
def test_what_makes_no_sense_is_refused(step: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        objections(step, network(), images(2), **options)
    assert caught.value.hint


def test_models_without_such_layers_are_refused() -> None:
    n = Network(1, integer=True)
    quantized = n.model(n.conv(n.input(1, 4, 4, 4), 4))
    (problem,) = objections("magnitude", quantized, images(2, 4, 4, 4).astype(np.int8), ratio=0.5)
    assert "quantized" in problem.message
    (problem,) = objections("gradual", quantized, images(2, 4, 4, 4).astype(np.int8), share=0.5)
    assert "quantized" in problem.message, "once, not for pruning and for training"
    n = Network(1, integer=False)
    odd = n.model(n.conv(n.input(1, 4, 4, 3), 4))
    (problem,) = objections("pattern", odd, images(2, 4, 4, 3))
    assert "4 divides" in problem.message


def test_nothing_to_zero_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="no weight to zero"):
        run("magnitude", network(), images(), threshold=1e-12, correct=False)


def test_a_layer_never_goes_silent() -> None:
    model = network()
    tiny = dataclasses.replace(model)
    done = run("magnitude", tiny, images(), ratio=0.999)
    assert all((w != 0).any() for w in weights(done.model).values())
