"""Clustering: as few int8 values as asked for in the file that is shipped, which deflates smaller for it."""

import importlib.util
import zlib
from typing import Any

import numpy as np
import pytest
from compress.running import images, network, objections, run
from hypothesis import given
from hypothesis import strategies as st

from packager.compress.cluster import clustered
from packager.config.recipe import Recipe
from packager.config.samples import Samples
from packager.errors import ConfigError, UnsupportedError
from packager.ir import Model, write_tflite
from packager.quantize import quantize_model


def int8(model: Model) -> Model:
    samples = Samples(arrays={model.input_names()[0]: images()}, source="a test")
    return quantize_model(model, Recipe(name="int8", description=""), samples).model


def test_the_int8_file_holds_so_many_values_and_deflates_smaller() -> None:
    model = network()
    done = run("cluster", model, images(1), values=8)
    before, after = int8(model), int8(done.model)
    for node in after.main.nodes:
        weights = after.main.tensors[node.inputs[1]].data if len(node.inputs) > 2 else None
        if weights is not None and weights.dtype == np.int8 and weights.size > 200:
            assert len(np.unique(weights)) <= 8
    assert len(write_tflite(after)) == len(write_tflite(before)), "the file itself keeps its size"
    old, new = (len(zlib.compress(write_tflite(m), 9)) for m in (before, after))
    assert new < 0.75 * old
    assert done.table is not None
    for row in done.table.rows:
        assert int(row[4]) < int(row[3])


@given(st.integers(0, 10_000), st.integers(3, 40))
def test_zero_and_the_ends_stay_and_everything_goes_to_the_nearest(seed: int, values: int) -> None:
    rng = np.random.default_rng(seed)
    codes = np.rint(np.clip(rng.normal(0, 40, (4, 50)), -127, 127))
    codes[0, :3] = (-127, 0, 127)
    found = clustered(codes, values)
    shared = np.unique(found)
    assert len(shared) <= values
    assert {-127, 0, 127} <= set(shared.tolist())
    assert np.array_equal(np.abs(codes - found), np.abs(codes[..., None] - shared).min(axis=-1))
    assert not found[codes == 0].any()


@pytest.mark.parametrize(("options", "message"), [({"values": 2}, "3..128"), ({"skip": ["conv_2d_9"]}, "no layer")])
def test_wrong_requests_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        objections("cluster", network(), images(2), **options)


def test_nothing_gained_is_refused() -> None:
    model = network()
    smallest = [model.main.node_name(len(model.main.nodes) - 1)]
    with pytest.raises(UnsupportedError, match="none of them smaller"):
        run("cluster", run("cluster", model, images(1), values=4).model, images(1), values=128, layers=smallest)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]")
@pytest.mark.parametrize("trainer", ["finetune", "qat"])
def test_training_keeps_what_shares_an_integer_together(trainer: str) -> None:
    model, x = network(), images()
    done = run("cluster", model, x, values=8)
    options: dict[str, Any] = {"epochs": 3, "held_out": 0.0, "learning_rate": 0.02}
    trained = run(trainer, done.model, x, kept=done.kept, teacher=network(2), **options)
    before, after = int8(done.model), int8(trained.model)
    moved = 0
    for old, new in zip(before.main.nodes, after.main.nodes, strict=True):
        if old.op not in {"CONV_2D", "FULLY_CONNECTED", "DEPTHWISE_CONV_2D"}:
            continue
        first, second = (m.main.tensors[node.inputs[1]] for m, node in ((before, old), (after, new)))
        assert first.data is not None
        assert second.data is not None
        assert first.type.quant is not None
        assert second.type.quant is not None
        if len(np.unique(first.data)) > 8:
            continue  # this one gained nothing by clustering
        np.testing.assert_allclose(second.type.quant.scales(), first.type.quant.scales(), rtol=1e-6)
        for code in np.unique(first.data):
            assert len(np.unique(second.data[first.data == code])) == 1
        moved += not np.array_equal(first.data, second.data)
    assert moved
