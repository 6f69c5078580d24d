"""What compiling adds to a bundle: figures of compiled code, programs that were run; without a compiler a note."""

import dataclasses

import pytest
from families.making import integer_source, job

from packager.build import compiled
from packager.build.assemble import ON_DEVICE
from packager.build.vendor import complete
from packager.config.profile import load_profile
from packager.errors import IntegrityError, UnsupportedError
from packager.families import Job, Product, family_of
from packager.families.microcontroller import FAMILY
from packager.measure.cross import cross_compiler


def made(flash: int | None = None) -> Job:
    profile = load_profile("microcontroller")
    memory = dataclasses.replace(profile.memory, flash_bytes=flash or profile.memory.flash_bytes)
    return job(dataclasses.replace(profile, memory=memory), integer_source(), arithmetic="integer")


pytestmark = pytest.mark.compiles


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
    monkeypatch.setattr(compiled, "prebuild", lambda *_: None)
    product = complete(made(), FAMILY.emit(made()))
    assert [figure.name for figure in product.figures] == ["ram.arena.bytes"], "no size is guessed"
    assert "comes as sources: no C compiler for the target's CPU" in product.diagnostics[-1].message


def test_a_bundle_without_c_is_left_alone() -> None:
    asked = made()
    whole = FAMILY.emit(asked)
    product = dataclasses.replace(whole, files=tuple(e for e in whole.files if not e.path.startswith("runtime/c/")))
    assert complete(asked, product) is product


def linux(target: str, engine: str = "litert") -> tuple[Job, Product]:
    asked = with_compiler(job(dataclasses.replace(load_profile(target), engine=engine), integer_source()))
    return asked, family_of(asked.profile).emit(asked)


def test_programs_for_linux_are_alternatives_to_litert() -> None:
    product = complete(*linux("host"))
    added = {e.path.removeprefix("runtime/c/prebuilt/"): e for e in product.files if "/prebuilt/" in e.path}
    assert set(added) == {"libmodel.a", "libmodel.so", "model", "selftest", "prebuilt.json"}
    assert {e.role for e in added.values()} == {"alternative"}
    assert [name for name, e in added.items() if e.executable] == ["model", "selftest", "libmodel.so"]
    (figure,) = (f for f in product.figures if f.name == "c.deploy.bytes")
    assert figure.value == len(added["model"].content) < 20_000
    assert "passed its self-test" in product.diagnostics[-1].message


def test_where_c_leads_the_runner_is_what_lands_on_the_device() -> None:
    asked, product = linux("host", "c")
    assert (product.engine, product.engines) == ("c", ("litert",))
    product = complete(asked, product)
    on_device = [e for e in product.files if e.role in ON_DEVICE]
    assert [e.path for e in on_device] == ["runtime/c/prebuilt/model"]
    assert "c.deploy.bytes" not in {f.name for f in product.figures}


def test_where_nothing_compiles_c_litert_leads_and_the_report_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "prebuild", lambda *_: None)
    asked, product = linux("host", "c")
    product = complete(asked, product)
    assert (product.engine, product.engines) == ("litert", ("c",))
    assert {e.path for e in product.files if e.role == "model"} == {"model/model.tflite"}
    assert product.diagnostics[-1].message.startswith("LiteRT leads, not the C runtime: no C compiler for")
    alone = job(dataclasses.replace(load_profile("riscv64")), integer_source())
    product = complete(alone, family_of(alone.profile).emit(alone))
    assert product.engine == "c"
    assert "comes as sources" in product.diagnostics[-1].message


def test_code_that_computes_otherwise_fails_the_build() -> None:
    asked, product = linux("host")
    files = {e.path: e for e in product.files}
    for path, change in (
        ("runtime/c/model_weights.bin", lambda content: b"\x41" * len(content)),
        ("runtime/c/model_weights.c", lambda content: content + b"/* other bytes */\n"),  # for the compiler's cache
    ):
        files[path] = dataclasses.replace(files[path], content=change(files[path].content))
    product = dataclasses.replace(product, files=tuple(files.values()))
    with pytest.raises(IntegrityError, match=r"host: the compiled C runtime differs .* at FULLY_CONNECTED #0 'y'"):
        complete(asked, product)


def test_programs_that_nothing_here_runs_are_not_called_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "emulator_for", lambda *_: None)
    product = complete(*linux("host"))
    assert "was not run here" in product.diagnostics[-1].message


def test_a_large_model_comes_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "LARGE", 1)
    for engine, kept in (("litert", "libmodel.so"), ("c", "model")):
        product = complete(*linux("host", engine))
        names = {e.path.rpartition("/")[2] for e in product.files if "/prebuilt/" in e.path}
        assert names == {kept, "prebuilt.json"}
