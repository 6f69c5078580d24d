"""What training does to weights: it lowers the loss, keeps what is held, and gives the same bytes again."""

import dataclasses
import importlib.util

import numpy as np
import pytest
from train.jobs import HOW, data, job, many, network, weights_of

from packager.compress._halving import halvings
from packager.config.training import Augment
from packager.interp import reference
from packager.ir import Model, Tensor
from packager.train import Example, Held, Hint, Hints
from packager.train._contract import Outcome
from packager.train.train import ENVIRONMENT
from packager.util.child import call

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="needs edgepack[tensorflow]"),
]
CONV, DENSE = (weights_of(network(), name) for name in ("conv", "dense"))
MASK = np.random.default_rng(2).random((8, 3, 3, 2)) < 0.5
VALUES = np.array([-0.5, -0.1, 0.2, 0.6], np.float32)
CLUSTERS = np.random.default_rng(3).integers(0, 4, (3, 8)).astype(np.int32)

FEWER = next(way for way in halvings(network(1), "height") if "conv" in way.starts)
SHOWN = network().main.nodes[0].outputs[0]
HINTS = Hints(
    by_tensor={SHOWN: Hint(teacher=SHOWN, channels=np.arange(8), positions=FEWER.grids["conv"].slices)}, weight=20.0
)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    model, labelled = network(), data()
    bare = Example(inputs=labelled.inputs)
    changes = Augment(shift=(1, 1), flip=(2,), noise=0.1, gain=0.1, tilt=0.1, erase=0.2, mix=0.5)
    brief = dataclasses.replace(HOW, held_out=0.0, epochs=2, freeze=("conv",), augment=changes)
    jobs = {
        "labels": job(model, labelled),
        "again": job(model, labelled),
        "teacher": job(network(1), bare, dataclasses.replace(HOW, epochs=16), teacher=model),
        "itself": job(model, bare, dataclasses.replace(HOW, patience=2), teacher=model),
        "held": job(
            _clustered(), labelled, dataclasses.replace(HOW, epochs=2), teacher=model,
            held={CONV: Held(mask=MASK), DENSE: Held(clusters=CLUSTERS)},
        ),
        "sparse": job(model, labelled, dataclasses.replace(HOW, epochs=8), sparsify={CONV: 0.75}),
        "brief": job(model, labelled, brief, teacher=model),
        "seed": job(model, labelled, dataclasses.replace(brief, seed=4), teacher=model),
        "hinted": job(FEWER.model, bare, dataclasses.replace(HOW, epochs=40), teacher=model, hints=HINTS),
    }  # fmt: skip
    found: dict[str, Outcome] = call(many, jobs, env=ENVIRONMENT)
    return found


def _clustered() -> Model:
    """The network with its mask applied, and its dense layer's weights of four values."""

    def change(index: int, tensor: Tensor) -> Tensor:
        if tensor.data is None or index not in {CONV, DENSE}:
            return tensor
        data = tensor.data * MASK if index == CONV else VALUES[CLUSTERS]
        return dataclasses.replace(tensor, data=data)

    model = network()
    return model.with_main(model.main.with_tensors(change))


def test_labels_are_learned(outcomes: dict[str, Outcome]) -> None:
    done = outcomes["labels"]
    assert done.start is not None
    best = done.epochs[done.best]
    assert best.held_out is not None
    assert best.held_out < 0.7 * done.start
    assert best.accuracy is not None
    assert best.accuracy > 60, "chance is 33"
    assert best.held_out == min(e.held_out for e in done.epochs if e.held_out is not None)


def test_a_seed_decides_every_byte(outcomes: dict[str, Outcome]) -> None:
    def content(name: str) -> bytes:
        return b"".join(array.tobytes() for _, array in sorted(outcomes[name].weights.items()))

    assert content("labels") == content("again")
    assert content("brief") != content("seed")


def test_a_student_comes_nearer_to_its_teacher(outcomes: dict[str, Outcome]) -> None:
    done = outcomes["teacher"]
    assert done.start is not None
    best = done.epochs[done.best].held_out
    assert best is not None
    assert best < 0.2 * done.start


def test_hints_bring_the_positions_that_are_left_nearer(outcomes: dict[str, Outcome]) -> None:
    """The student computes every second row, and is shown those of the teacher."""
    changed = outcomes["hinted"].weights
    trained = FEWER.model.main.with_tensors(
        lambda i, tensor: dataclasses.replace(tensor, data=changed[i]) if i in changed else tensor
    )
    x = data().inputs[0]
    wanted = FEWER.grids["conv"].of(reference.trace(network(), [x])[SHOWN])
    models = (FEWER.model, FEWER.model.with_main(trained))
    before, after = (float(np.square(reference.trace(m, [x])[SHOWN] - wanted).mean()) for m in models)
    assert after < 0.3 * before


def test_who_has_nothing_to_learn_keeps_its_weights_and_stops_early(outcomes: dict[str, Outcome]) -> None:
    done = outcomes["itself"]
    assert done.best == -1
    assert len(done.epochs) == 2
    for t, array in done.weights.items():
        before = network().main.tensors[t].data
        assert before is not None
        np.testing.assert_allclose(array, before, rtol=1e-6, atol=1e-7)


def test_what_is_held_stays(outcomes: dict[str, Outcome]) -> None:
    weights = outcomes["held"].weights
    assert (weights[CONV][~MASK] == 0).all()
    assert np.abs(weights[CONV][MASK] - network().main.tensors[CONV].data[MASK]).max() > 1e-3  # type: ignore[index]
    shared = [np.unique(weights[DENSE][number == CLUSTERS]) for number in range(4)]
    assert [len(values) for values in shared] == [1, 1, 1, 1]
    assert np.abs(np.concatenate(shared) - VALUES).max() > 1e-3


def test_sparsity_is_reached_and_the_rest_is_trained(outcomes: dict[str, Outcome]) -> None:
    done = outcomes["sparse"]
    array = done.weights[CONV]
    assert np.count_nonzero(array) == round(0.25 * array.size)
    assert done.best >= 4, "no epoch before all is sparse may be the best"
    held_out = done.epochs[done.best].held_out
    assert held_out is not None
    assert done.start is not None
    assert held_out < done.start


def test_without_held_out_data_the_last_epoch_stays_and_frozen_layers_are_not_written(
    outcomes: dict[str, Outcome],
) -> None:
    done = outcomes["brief"]
    assert done.best == 1
    assert done.start is None
    assert all(e.held_out is None for e in done.epochs)
    assert CONV not in done.weights
    assert DENSE in done.weights
