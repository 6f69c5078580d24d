from pathlib import Path

import pytest

from packager.errors import ConfigError
from packager.registry import Reference, open_registry, parse_reference


@pytest.mark.parametrize(
    ("text", "registry", "name", "version"),
    [
        ("dir:/srv/edgepack/digits:0.1.0", "dir:/srv/edgepack", "digits", "0.1.0"),
        ("dir:/srv/edgepack/digits", "dir:/srv/edgepack", "digits", ""),
        ("dir:shelf/digits", "dir:shelf", "digits", ""),
        ("dir:/srv/a:b/digits:1.0+2", "dir:/srv/a:b", "digits", "1.0+2"),
    ],
)
def test_a_reference_is_a_registry_a_name_and_a_version(text: str, registry: str, name: str, version: str) -> None:
    assert parse_reference(text) == Reference(registry=registry, name=name, version=version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "digits",
        "digits:1",
        "dir:digits",
        "/srv/digits:1",
        "dir:/srv/",
        "dir:/srv/a:",
        "dir:/srv/a:1:2",
        "dir:/a/..",
    ],
)
def test_refuses_what_is_no_reference_and_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match="names no bundle in a registry") as caught:
        parse_reference(text)
    assert "dir:/srv/edgepack/digits:0.1.0" in caught.value.hint


@pytest.mark.parametrize("text", ["", "dir", "dir:", "/srv/edgepack"])
def test_refuses_what_is_no_registry(text: str) -> None:
    with pytest.raises(ConfigError, match="names no registry"):
        open_registry(text)


@pytest.mark.parametrize("kind", ["dri", "_blobs", "__init__", "../dir"])
def test_names_the_nearest_kind(kind: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no kind of registry") as caught:
        open_registry(f"{kind}:{tmp_path}")
    assert "dir" in caught.value.hint
