"""Reading a compiled file: its own numbers, and no trust in any byte of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan.compiled import CACHED, Part, compiled, options, package

from packager.errors import UnsupportedError
from packager.figure import Basis
from packager.ir import DType, GraphBuilder, Model, QuantParams, read_tflite_bytes, write_tflite
from packager.plan.edgetpu_executable import CompiledModel, ExecutableKind, read_compiled

Q = QuantParams(scale=(0.1,), zero_point=(0,))


def chain() -> Model:
    """QUANTIZE, RELU, RELU, ELU."""
    b = GraphBuilder()
    t = b.input("x", (1, 4))
    for op in ("QUANTIZE", "RELU", "RELU", "ELU"):
        t = b.op(op, [t], (1, 4), dtype=DType.INT8, quant=Q)
    return b.model([t])


def read(custom_options: bytes) -> CompiledModel:
    blob = write_tflite(compiled(chain(), slice(1, 3), custom_options))
    found = read_compiled(read_tflite_bytes(blob))
    assert found is not None
    return found


def test_what_is_cached_what_is_streamed_and_what_stays_on_the_cpu() -> None:
    found = read(options(package(CACHED, min_runtime=13)))
    assert (found.cached_bytes, found.streamed_bytes, found.min_runtime) == (43_968, 576, 13)
    assert [where.split()[0] for where in found.left] == ["QUANTIZE", "ELU"]
    (only,) = found.packages
    assert (only.index, only.compiler, only.caching_token) == (1, "cl/384591198", 0xABCDEF0123456789)
    assert [e.kind for e in only.executables] == [ExecutableKind.EXECUTION_ONLY, ExecutableKind.PARAMETER_CACHING]
    assert {f.name: (f.value, f.basis) for f in found.figures()} == {
        "edgetpu.cached.bytes": (43_968, Basis.MEASURED),
        "edgetpu.streamed.bytes": (576, Basis.MEASURED),
    }


def test_a_stand_alone_executable_streams_what_it_has() -> None:
    found = read(options(package((Part(0, 1000, token=0),))))
    assert (found.cached_bytes, found.streamed_bytes) == (0, 1000)


def test_a_model_that_was_not_compiled_has_none() -> None:
    assert read_compiled(chain()) is None


@pytest.mark.parametrize(
    ("custom_options", "said"),
    [
        (b"", "too small"),
        (options(b""), "identifier"),
        (options(package(CACHED, identifier=b"TFL3")), "identifier is b'TFL3'"),
        (options(package(())), "0 executables"),
        (options(package((Part(7, 1),))), "7 is not a valid"),
        (options(package(CACHED)[:60]), "byte|bytes"),
    ],
)
def test_what_is_no_package_is_refused_in_a_line(custom_options: bytes, said: str) -> None:
    with pytest.raises(UnsupportedError, match="damaged Edge TPU package") as caught:
        read(custom_options)
    assert "\n" not in str(caught.value)
    assert re.search(said, str(caught.value))
    assert "edgetpu-custom-op #1" in str(caught.value)


@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    blob = bytearray(options(package((Part(2, 3), Part(1, 5)))))
    for _ in range(data.draw(st.integers(1, 8))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.sampled_from([0, 1, 4, 0x7F, 0x80, 0xFF]))
    cut = data.draw(st.integers(0, len(blob)))
    try:
        found = read(bytes(blob[:cut] if data.draw(st.booleans()) else blob))
    except UnsupportedError:
        return
    assert found.cached_bytes + found.streamed_bytes <= len(blob) * len(found.packages[0].executables)
