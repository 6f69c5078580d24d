"""A microcontroller's figures are of compiled code; without a compiler there are none, and a note."""

import dataclasses

import pytest
from families.making import integer_source, job

from packager.build import compiled
from packager.build.vendor import complete
from packager.config.profile import load_profile
from packager.errors import UnsupportedError
from packager.families import Job
from packager.families.microcontroller import FAMILY
from packager.measure.cross import cross_compiler


def made(flash: int | None = None) -> Job:
    profile = load_profile("microcontroller")
    memory = dataclasses.replace(profile.memory, flash_bytes=flash or profile.memory.flash_bytes)
    return job(dataclasses.replace(profile, memory=memory), integer_source(), arithmetic="integer")


def with_compiler(asked: Job) -> Job:
    if asked.profile.cpu is None or cross_compiler(asked.profile.cpu) is None:
        pytest.skip("no C compiler for Cortex-M4 is here: neither zig nor a gcc")
    return asked


def test_the_device_holds_code_and_constants() -> None:
    asked = with_compiler(made())
    product = complete(asked, FAMILY.emit(asked))
    figures = {f.name: f for f in product.figures}
    deploy, runtime = figures["deploy.bytes"], figures["runtime.bytes"]
    # Six weights and two biases at the least; the text of the sources is ten times the code.
    assert 14 <= deploy.value - runtime.value < 256
    assert 0 < runtime.value < sum(len(e.content) for e in product.files) / 5
    assert "for Cortex-M4 by" in deploy.source
    ((name, version),) = product.tools
    assert f"{name} {version}" in deploy.source


def test_code_that_does_not_fit_is_refused_with_the_numbers() -> None:
    asked = with_compiler(made(flash=60))
    assert not tuple(FAMILY.check(asked))
    with pytest.raises(UnsupportedError, match=r"code and constants take [\d,]+ B, the board has 60 B of flash"):
        complete(asked, FAMILY.emit(asked))


def test_without_a_compiler_there_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "cross_compiler", lambda _: None)
    product = complete(made(), FAMILY.emit(made()))
    assert not product.figures
    assert "bytes on the device are not known" in product.diagnostics[-1].message


def test_a_family_that_compiles_nothing_is_left_alone() -> None:
    asked = made()
    product = dataclasses.replace(FAMILY.emit(asked), engine="litert")
    assert complete(asked, product) is product
