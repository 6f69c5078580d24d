"""Weights without their zeros, or as indices: the same integers in every form, on every CPU, and the form that pays."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from emit.c import test_threads
from emit.c.making import SANITIZED, STRICT, check, emitted, together
from emit.c.test_foreign import CPUS, tools
from hypothesis import given, settings
from hypothesis import strategies as st
from ops.convolving import Case, convolution, dense
from ops.judging import inputs_for, judge

from packager.emit.c import Target, savings
from packager.emit.c._contract import Op
from packager.emit.c._costs import COSTS
from packager.emit.c._linear import packed
from packager.emit.c._stored import Stored, _forms, smallest, stored
from packager.ir import Activation, DType, Model, Padding
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

Array = np.ndarray[Any, np.dtype[Any]]
TILE, ANYWHERE, PATTERN = (16, 4), (1, 1), (0, 0)
FORMS = ("skips", "packs", "indexes")


def shared(model: Model, values: int = 15) -> Model:
    """The model with the int8 weights of each layer at so many values, evenly apart, an odd number of them."""
    step = 254 / (values - 1)
    tensors = []
    for t in model.main.tensors:
        data = t.data
        if data is not None and t.type.dtype is DType.INT8:
            data = np.rint(np.rint(data / step) * step).astype(np.int8)
        tensors.append(dataclasses.replace(t, data=data))
    return dataclasses.replace(model, graphs=(dataclasses.replace(model.main, tensors=tuple(tensors)),))


def pruned(model: Model, share: float, block: tuple[int, int], seed: int = 0) -> Model:
    """The model with so many of its weights zero: blocks of outputs by inputs, or for `PATTERN` two of every four."""
    rng = np.random.default_rng(seed)
    tensors = []
    for t in model.main.tensors:
        data = t.data
        if data is not None and t.type.dtype is DType.INT8 and data.ndim > 1:
            rows = data.reshape(len(data), -1)
            if block == PATTERN:
                stands = np.argsort(rng.random((len(rows), -(-rows.shape[1] // 4), 4)), axis=2) < 2
                stands = stands.reshape(len(rows), -1)
            else:
                shape = (-(-rows.shape[0] // block[0]), -(-rows.shape[1] // block[1]))
                stands = np.kron(rng.random(shape) >= share, np.ones(block, np.bool_))
            data = (rows * stands[: len(rows), : rows.shape[1]]).reshape(data.shape).astype(np.int8)
        tensors.append(dataclasses.replace(t, data=data))
    return dataclasses.replace(model, graphs=(dataclasses.replace(model.main, tensors=tuple(tensors)),))


LAYERS = {
    "pointwise": convolution(Case(shape=(1, 5, 5, 32), kernel=(1, 1), channels=48)),
    "pointwise-odd": convolution(Case(shape=(1, 3, 3, 21), kernel=(1, 1), channels=37)),
    "one-pixel": convolution(Case(shape=(1, 1, 1, 40), kernel=(1, 1), channels=20)),
    "window": convolution(Case(shape=(1, 7, 8, 16), channels=32)),
    "stride": convolution(Case(shape=(1, 9, 8, 12), channels=17, stride=(2, 2))),
    "valid": convolution(Case(shape=(1, 9, 8, 8), channels=16, padding=Padding.VALID)),
    "dilated": convolution(Case(shape=(1, 9, 9, 8), channels=19, dilation=(2, 2))),
    "odd": convolution(Case(shape=(2, 6, 5, 5), channels=33, activation=Activation.RELU)),
    "grouped": convolution(Case(shape=(1, 6, 6, 8), channels=32, groups=2)),
    "dense": dense(Case(shape=(1, 130), channels=91)),
    "dense-short": dense(Case(shape=(1, 12), channels=5)),
    "dense-many": dense(Case(shape=(13, 64), channels=40)),
}
ZEROS = {
    **{f"{name}-tiles": pruned(model, 0.6, TILE) for name, model in LAYERS.items()},
    **{f"{name}-anywhere": pruned(model, 0.7, ANYWHERE) for name, model in LAYERS.items()},
    "two-of-four": pruned(LAYERS["window"], 0.5, PATTERN),
    "all": pruned(LAYERS["window"], 1, TILE),
    "all-dense": pruned(LAYERS["dense"], 1, TILE),
    "none": LAYERS["window"],
}
SHARED = {
    **{name: shared(model) for name, model in LAYERS.items()},
    "three": shared(LAYERS["window"], 3),
    "sparse": shared(pruned(LAYERS["pointwise-odd"], 0.6, TILE)),
    "too-many": LAYERS["dense-many"],
}
MADE = {"skips": together(ZEROS), "packs": together(ZEROS), "indexes": together(SHARED)}
"""What each form is for."""


def forced(form: str) -> Target:
    return Target(kernels="neon", forms=(form,))


needs_compiler = pytest.mark.skipif(not compiler(), reason="no C compiler is here")


def test_the_interpreter_gives_litert_its_integers() -> None:
    for model in (*ZEROS.values(), *SHARED.values()):
        judge(model, count=3)


@needs_compiler
@pytest.mark.parametrize("vectors", ["-march=native", "-mno-avx", "-DEDGEPACK_PORTABLE"])
@pytest.mark.parametrize("form", FORMS)
def test_the_same_integers_in_every_form(form: str, vectors: str, tmp_path: Path) -> None:
    check(MADE[form], "xnnpack", tmp_path, flags=(*STRICT, "-O1", vectors), target=forced(form))
    assert f"#define EP_{form.upper()} 1" in (tmp_path / "runtime/c/model.c").read_text(encoding="utf-8")


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("vectors", ["-march=native", "-DEDGEPACK_PORTABLE", "-mno-avx"])
@pytest.mark.parametrize("form", [*FORMS, "any"])
def test_nothing_else_is_read_or_written(form: str, vectors: str, tmp_path: Path) -> None:
    model = MADE[form] if form in MADE else together({**ZEROS, **{f"shared-{name}": m for name, m in SHARED.items()}})
    target = forced(form) if form in MADE else Target(kernels="neon", slower=0.25)
    check(model, "integer", tmp_path, flags=(*SANITIZED, vectors), target=target)


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("cpu", CPUS)
def test_the_same_integers_on_other_cpus(cpu: str, arithmetic: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    for form in FORMS:
        strict = (*flags, "-O2")
        check(
            MADE[form], arithmetic, tmp_path / form, flags=strict, command=command, emulator=emulator,
            target=forced(form),
        )  # fmt: skip


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("vectors", ["-march=native", "-mno-avx", "-DEDGEPACK_PORTABLE"])
def test_layers_are_cut_into_parts(form: str, vectors: str, tmp_path: Path) -> None:
    flags = (*STRICT, "-O1", vectors)
    test_threads.check("xnnpack", tmp_path, test_threads.OWN, *flags, model=MADE[form], target=forced(form))


def forms_of(model: Model, kernels: str) -> dict[str, Stored]:
    """A layer's weights in every form that leaves something out, and dense."""
    op = Op(model.main, 0, "xnnpack", {}, Target(kernels=kernels))
    weights = op.constant(1)
    assert weights is not None
    tiles = packed(weights.reshape(len(weights), 1, -1)).reshape(-(-len(weights) // 16), -1, 64)
    return {form.form: form for form in _forms(op, tiles, op.output.elements // len(weights))}


@pytest.mark.parametrize("kernels", COSTS)
@pytest.mark.parametrize("name", ["pointwise", "window", "valid"])
def test_weights_without_zeros_stay_dense(name: str, kernels: str) -> None:
    for target in (Target(kernels=kernels), Target(kernels=kernels, slower=0.25)):
        assert not savings(LAYERS[name], "xnnpack", target)


@pytest.mark.parametrize("kernels", COSTS)
def test_blocks_of_zeros_are_skipped_and_their_bytes_and_products_gone(kernels: str) -> None:
    model = pruned(dense(Case(shape=(8, 256), channels=64)), 0.75, TILE)
    (saved,) = savings(model, "xnnpack", Target(kernels=kernels)).values()
    weights = model.main.tensors[1].data
    assert weights is not None
    zero = 1 - np.count_nonzero(weights) / (256 * 64)
    assert saved.form == "skips"
    assert saved.macs / saved.of_macs == pytest.approx(zero, abs=0.01)
    assert saved.bytes / saved.of_bytes == pytest.approx(zero - (1 - zero) / 32, abs=0.01)


def test_where_flash_counts_zeros_anywhere_are_packed() -> None:
    """Unpacking is paid once, and saved bytes are worth it where many pixels share them."""
    many = pruned(convolution(Case(shape=(1, 16, 16, 64), kernel=(1, 1), channels=64)), 0.5, PATTERN)
    one = pruned(dense(Case(shape=(1, 64), channels=64)), 0.5, PATTERN)
    flash = Target(kernels="dsp", slower=0.25)
    (saved,) = savings(many, "integer", flash).values()
    assert saved.form == "packs"
    assert saved.macs == 0
    assert saved.bytes == 64 * 64 - (64 * 64 // 8 + 64 * 64 // 2 + 16), "a bit a weight, half of them, and the end"
    assert not savings(one, "integer", flash)


@pytest.mark.parametrize("kernels", COSTS)
def test_shared_weights_become_indices_where_many_vectors_share_them(kernels: str) -> None:
    many = shared(convolution(Case(shape=(1, 20, 16, 32), kernel=(1, 1), channels=96)))
    one = shared(dense(Case(shape=(1, 256), channels=64)))
    for target in (Target(kernels=kernels), Target(kernels=kernels, slower=0.25)):
        (saved,) = savings(many, "integer", target).values()
        assert saved.form == "indexes"
        assert saved.macs == 0
        assert saved.bytes == 96 * 32 // 2 - 16, "four bits a weight, and the values"
        assert not savings(one, "integer", target), "it would take longer"
        assert not savings(shared(LAYERS["pointwise"], 17), "integer", target), "too many values for four bits"


def test_sixteen_values_and_padding_that_is_one_of_them() -> None:
    """Padding is zero: where no weight is, it is a value of its own."""
    model = dense(Case(shape=(64, 30), channels=16))
    for count, form in ((15, "indexes"), (16, "dense")):
        values = np.resize(np.arange(1, count + 1) * 7, (16, 30)).astype(np.int8)
        tensors = [dataclasses.replace(t, data=values if t.name == "w" else t.data) for t in model.main.tensors]
        graph = dataclasses.replace(model.main, tensors=tuple(tensors))
        op = Op(graph, 0, "integer", {}, Target(kernels="dsp", slower=0.25))
        assert stored(op, values[:, None, :], 64).form == form


@pytest.mark.parametrize("kernels", COSTS)
def test_what_saves_a_small_layer_time_and_the_model_none_is_left_out(kernels: str) -> None:
    """Its code would make the binary larger, and a layer of a hundredth of the work no model faster."""
    large = convolution(Case(shape=(1, 32, 32, 32), channels=64))
    small = pruned(convolution(Case(shape=(1, 4, 4, 16), kernel=(1, 1), channels=16)), 0.7, TILE)
    target = Target(kernels=kernels, forms=("dense", "skips"))
    assert not savings(together({"large": large, "small": small}), "integer", target)
    (alone,) = savings(small, "integer", target).values()
    assert alone.cost > target.slower * alone.of_cost


def test_a_cpu_that_was_not_counted_has_dense_weights() -> None:
    model = pruned(LAYERS["window"], 0.9, TILE)
    assert not savings(model, "xnnpack", Target(kernels="avx512"))


@given(
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
    kernels=st.sampled_from(sorted(COSTS)),
    slower=st.sampled_from([0.02, 0.25]),
)
@settings(max_examples=60, deadline=None)
def test_the_choice_is_never_larger_nor_slower_than_it_may_be(
    share: float, seed: int, kernels: str, slower: float
) -> None:
    model = pruned(dense(Case(shape=(4, 48), channels=32)), share, TILE if seed % 2 else ANYWHERE, seed)
    forms = forms_of(model, kernels)
    found = smallest(list(forms.values()), slower)
    cheapest = min(form.cost for form in forms.values())
    assert found.cost <= cheapest * (1 + slower)
    assert found.bytes <= forms["dense"].bytes or found.cost < forms["dense"].cost / (1 + slower)
    for form in forms.values():
        assert form.bytes >= found.bytes or form.cost > cheapest * (1 + slower)


@pytest.mark.parametrize("form", FORMS)
def test_the_files_shrink_by_what_is_said(form: str) -> None:
    model = shared(pruned(dense(Case(shape=(4, 256), channels=64)), 0.75, TILE))
    inputs = inputs_for(model, 1)
    sizes = [
        next(len(e.content) for e in emitted(model, "xnnpack", inputs, forced(f)) if e.path.endswith("weights.bin"))
        for f in ("dense", form)
    ]
    (saved,) = savings(model, "xnnpack", forced(form)).values()
    assert sizes[0] - sizes[1] == saved.bytes > 4000


def test_stored_counts_what_it_names() -> None:
    model = pruned(dense(Case(shape=(1, 64), channels=32)), 0.5, TILE)
    op = Op(model.main, 0, "xnnpack", {}, Target(kernels="neon"))
    weights = op.constant(1)
    assert weights is not None
    found = stored(op, weights[:, None, :], 1)
    assert found.form == "skips"
    assert set(found.fields(op)) == {"weights", "steps", "starts"}
