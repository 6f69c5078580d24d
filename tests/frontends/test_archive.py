import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from packager.errors import UnsupportedError
from packager.frontends._archive import checked_members, member


def archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", '{"class_name": "Functional"}')
        file.writestr("weights", bytes(range(256)) * 4)
    return buffer.getvalue()


INTACT = archive()


def test_members(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(INTACT)
    assert checked_members(path, "a Keras model") == {"config.json", "weights"}
    assert member(path, "weights") == bytes(range(256)) * 4


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, len(INTACT) - 1))
def test_truncated(tmp_path: Path, length: int) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(INTACT[:length])
    with pytest.raises(UnsupportedError, match=r"model\.keras: (damaged or truncated|not a Keras model)"):
        checked_members(path, "a Keras model")


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(INTACT) - 1), st.integers(0, 255))
def test_flipped_byte_is_refused_or_harmless(tmp_path: Path, at: int, value: int) -> None:
    blob = bytearray(INTACT)
    blob[at] = value
    path = tmp_path / "model.keras"
    path.write_bytes(blob)
    try:
        names = checked_members(path, "a Keras model")
    except UnsupportedError:
        return
    if "weights" in names:
        assert member(path, "weights") == bytes(range(256)) * 4


def test_encrypted_archive(tmp_path: Path) -> None:
    blob = bytearray(INTACT)
    for marker, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        blob[blob.index(marker) + offset] |= 1
    path = tmp_path / "model.keras"
    path.write_bytes(blob)
    with pytest.raises(UnsupportedError, match="encrypted"):
        checked_members(path, "a Keras model")
