"""Microcontroller bundles: sources that fit the board, and the numbers where they do not."""

import dataclasses
from collections.abc import Sequence

import pytest
from families.making import dense_integer_model, dense_model, integer_source, job

from packager.build.assemble import sizes
from packager.config.profile import Memory, Profile, load_profile
from packager.errors import Diagnostic, UnsupportedError
from packager.families import Job, family_of
from packager.families.microcontroller import FAMILY
from packager.frontends import Source
from packager.ir import Model, difference, read_tflite_bytes
from packager.quantize import Quantized


def made(quantized: Quantized | None = None, *, scheme: str = "int8", **memory: int | None) -> Job:
    profile = load_profile("microcontroller")
    small = dataclasses.replace(profile.memory, **memory)  # type: ignore[arg-type]  # a test's shorthand
    profile = dataclasses.replace(profile, memory=small)
    return job(profile, quantized or integer_source(), scheme=scheme, arithmetic=profile.arithmetic)


def problems(asked: Job) -> Sequence[Diagnostic]:
    return tuple(FAMILY.check(asked))


def alone(model: Model) -> Quantized:
    return Quantized(model=model, float_model=None, ranges={}, plan=None)


@pytest.mark.parametrize("target", ["microcontroller", "cortex-m4", "cortex-m7", "cortex-m33"])
def test_the_family_serves_its_boards_in_integers(target: str) -> None:
    profile = load_profile(target)
    assert family_of(profile) is FAMILY
    assert profile.arithmetic == "integer"
    assert not problems(job(profile, integer_source(), arithmetic="integer"))


def test_the_bundle_is_sources_and_what_they_were_made_from() -> None:
    product = FAMILY.emit(made())
    assert (product.artifact, product.engine) == ("model/model.tflite", "c")
    files = {e.path: e for e in product.files}
    assert {"runtime/c/model.c", "runtime/c/model.h", "runtime/c/selftest.c", "runtime/README.md"} <= set(files)
    assert {e.role for e in product.files} == {"source", "doc"}
    assert difference(read_tflite_bytes(files["model/model.tflite"].content), dense_integer_model()) is None
    assert b'"integer"' in files["runtime/c/model.h"].content
    page = files["runtime/README.md"].content.decode()
    assert "NUCLEO-L4R5ZI" in page
    assert "655360" in page


def test_the_text_of_the_sources_is_no_figure_of_the_device(tmp_path_factory: pytest.TempPathFactory) -> None:
    product = FAMILY.emit(made())
    source = Source(
        path=tmp_path_factory.mktemp("m") / "net.tflite",
        format="tflite",
        sha256="",
        bytes=9,
        model=dense_integer_model(),
    )
    assert [f.name for f in sizes(source, product)] == ["source.bytes", "artifact.bytes"]


def test_an_operator_without_a_kernel_is_named_with_its_place() -> None:
    (graph,) = dense_integer_model().graphs
    odd = dataclasses.replace(graph, nodes=(dataclasses.replace(graph.nodes[0], op="ATAN2"),))
    found = problems(made(alone(Model(graphs=(odd,)))))
    assert "ATAN2 #0" in str(found[0])


def test_a_float_model_is_refused_by_recipe_or_by_tensor() -> None:
    (found,) = problems(made(alone(dense_model()), scheme="float32"))
    assert found.message == "recipe 'test' is float32"
    (found,) = problems(made(alone(dense_model())))
    assert found.where == "tensor 'x'"
    assert found.message.startswith("is float32, and 1 more")
    assert "--calibration" in found.hint


def test_what_does_not_fit_is_refused_with_the_numbers() -> None:
    found = problems(made(flash_bytes=10, ram_bytes=15))
    assert [d.message for d in found] == [
        "the constants, code aside, would take 14 B, the board has 10 B of flash",
        "the arena of activations would take 18 B, the board has 15 B of RAM",
    ]
    assert not problems(made(flash_bytes=14, ram_bytes=18))


def test_the_arena_is_held_to_the_ram_as_it_was_generated() -> None:
    with pytest.raises(UnsupportedError, match=r"the arena, .* would take 32 B, the board has 18 B of RAM"):
        FAMILY.emit(made(ram_bytes=18))


def test_a_profile_without_the_facts_is_refused() -> None:
    profile: Profile = dataclasses.replace(load_profile("microcontroller"), cpu=None, memory=Memory(ram_bytes=1_000))
    found = problems(job(profile, integer_source(), arithmetic="integer"))
    assert [d.message for d in found] == ["the profile has no [cpu] table", "the profile has no memory.flash_bytes"]
