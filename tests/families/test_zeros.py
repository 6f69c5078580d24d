"""What a bundle's report says of zero weights, and what a board without room for them gets."""

import dataclasses

import numpy as np
from emit.c.test_zeros import PATTERN, TILE, pruned
from families.making import integer_source, job
from ops.convolving import Case, convolution, dense

from packager.config.profile import load_profile
from packager.emit.c import Saved
from packager.families import microcontroller, raspberrypi
from packager.families._zeros import _clause
from packager.figure import Place
from packager.ir import Model
from packager.quantize import Quantized


def alone(model: Model) -> Quantized:
    return Quantized(model=model, float_model=None, ranges={}, plan=None)


def test_the_report_says_which_layer_skips_and_what_that_saves() -> None:
    model = pruned(dense(Case(shape=(1, 512), channels=64)), 0.75, TILE)
    product = raspberrypi.FAMILY.emit(job("raspberrypi-4", alone(model)))
    place, clause = product.placements[0]
    figures = {f.name: f.value for f in product.figures}
    assert place is Place.CPU
    assert "leaves out quads of zeros" in clause
    assert f"{int(figures['c.saved.bytes']):,} of 32,768 B" in clause
    assert figures["c.skipped.macs"] > 0.6 * 512 * 64
    blob = next(e.content for e in product.files if e.path == "runtime/c/model_weights.bin")
    assert len(blob) < 32768 * 0.4


def test_a_layer_that_takes_more_bytes_is_said_to() -> None:
    saved = Saved(form="skips", bytes=-32, of_bytes=4608, macs=3, of_macs=100, cost=1.0, of_cost=2.0)
    assert _clause(saved) == (
        "runtime/c leaves out quads of zeros: takes 32 more than 4,608 B and skips 3% of the multiplications"
    )


def test_without_zeros_nothing_is_said() -> None:
    product = raspberrypi.FAMILY.emit(job("raspberrypi-4", integer_source()))
    assert not product.placements
    assert not {"c.saved.bytes", "c.skipped.macs"} & {f.name for f in product.figures}


def test_a_board_without_ram_for_unpacked_weights_gets_them_as_they_are() -> None:
    profile = load_profile("cortex-m4")
    model = pruned(convolution(Case(shape=(1, 16, 16, 64), kernel=(1, 1), channels=64)), 0.5, PATTERN)
    activations = 2 * 16 * 16 * 64
    for ram, packs in ((activations + 1024, True), (activations + 1000, False)):
        memory = dataclasses.replace(profile.memory, ram_bytes=ram)
        small = dataclasses.replace(profile, memory=memory)
        product = microcontroller.FAMILY.emit(job(small, alone(model), arithmetic="integer"))
        assert ("c.saved.bytes" in {f.name for f in product.figures}) == packs
    weights = model.main.tensors[1].data
    assert weights is not None
    assert np.count_nonzero(weights) < weights.size / 2 + 1
