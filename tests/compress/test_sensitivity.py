"""Sensitivity: the curves rise, name the layer that matters, and tell channel pruning how much each layer can lose."""

import dataclasses

import numpy as np
import pytest
from compress.running import error, images, network, objections, run
from prune.networks import Network, widths

from packager.compress.channels import _interpolated
from packager.errors import ConfigError
from packager.figure import Curve
from packager.ir import Model


def test_every_layer_gets_a_curve_of_each_kind() -> None:
    model = network()
    done = run("sensitivity", model, images(20), of=["channels", "weights", "int8"], ratios=[0.25, 0.75])
    assert done.model is model
    kinds = {kind: [c for c in done.curves if c.what == kind] for kind in ("channels", "weights", "int8")}
    assert {c.layer for c in kinds["int8"]} == {model.main.node_name(i) for i in range(len(model.main.nodes))}
    assert len(kinds["weights"]) == 5
    for curve in kinds["weights"]:
        assert curve.at == (0.25, 0.75)
        assert 0 <= curve.losses[0] < curve.losses[1]
        assert all(0 <= value <= 100 for value in curve.values)
    # The stem's channels are those of the convolution that is added to it: one curve for both.
    assert len(kinds["channels"]) == 2
    assert all(c.losses == tuple(sorted(c.losses)) for c in kinds["channels"])
    assert done.table is not None
    assert len(done.table.rows) == sum(len(c.at) for c in done.curves)


def robust(seed: int = 3) -> Model:
    """Two convolutions side by side; what the second gives counts a hundredth of the first."""
    n = Network(seed, integer=False)
    x = n.input(1, 6, 6, 4)
    joined = n.concat(n.conv(x, 16, 3), n.conv(x, 16, 3))
    model = n.model(n.dense(n.mean(joined), 5))
    at = model.main.nodes[-1].inputs[1]

    def damped(index: int, tensor: object) -> object:
        found = model.main.tensors[index]
        if index != at or found.data is None:
            return tensor
        return dataclasses.replace(found, data=found.data * np.repeat([1, 0.01], 16).astype(np.float32))

    return model.with_main(model.main.with_tensors(damped))  # type: ignore[arg-type]


def test_the_layer_that_matters_is_found_and_spared() -> None:
    model, x = robust(), images(40)
    done = run("sensitivity", model, x, of=["channels", "int8"], ratios=[0.5])
    first, second = (c for c in done.curves if c.what == "channels")
    assert first.losses[0] > 100 * second.losses[0]
    pruned = run("channels", model, x, curves=done.curves, share=0.4, ratios="sensitivity")
    kept = widths(pruned.model, "CONV_2D")
    assert kept[0] > 13
    assert kept[1] < 8
    assert error(model, pruned.model, images(40, seed=4)) < 1e-2


def test_without_a_step_before_it_channels_measures_the_curves_itself() -> None:
    pruned = run("channels", robust(), images(40), share=0.3, ratios="sensitivity", refit=False)
    first, second = widths(pruned.model, "CONV_2D")
    assert first > second


def test_costs_rise_from_nothing_even_where_the_curve_falls() -> None:
    curve = Curve(layer="a", what="channels", at=(0.25, 0.5), losses=(0.2, 0.1), values=(0.0, 0.0))
    found = _interpolated(curve, np.array([0, 0.125, 0.25, 0.5, 1.0]))
    np.testing.assert_allclose(found, [0, 0.1, 0.2, 0.2, 0.2])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of": ["channel"]}, "no sensitivity of 'channel'"),
        ({"of": []}, "nothing to try"),
        ({"ratios": [1.0]}, "a ratio of 1 can't be tried"),
    ],
)
def test_wrong_requests_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        objections("sensitivity", network(), images(2), **options)
    assert caught.value.hint
