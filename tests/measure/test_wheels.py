"""Wheels for another CPU, with pip on a folder instead of a package index."""

import zipfile
from pathlib import Path

import pytest

from packager.errors import ConfigError, ToolError
from packager.measure.wheels import pack_wheels


def wheel(folder: Path, name: str, tag: str, needs: str = "") -> None:
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-{tag}.whl", "w") as file:
        requires = f"Requires-Dist: {needs}\n" if needs else ""
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}")
        file.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        file.writestr(f"{info}/RECORD", "")


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A requirements file of two packages, whose wheels lie where pip looks, and nowhere else."""
    shop = tmp_path / "shop"
    shop.mkdir()
    wheel(shop, "plain", "py3-none-any", needs="something-that-the-device-brings")
    wheel(shop, "native", "cp311-cp311-manylinux_2_28_aarch64")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shop))
    path = tmp_path / "requirements.txt"
    path.write_text("plain==1.0\nnative==1.0\n", encoding="utf-8")
    return path


def test_wheels_of_the_devices_cpu_are_fetched(requirements: Path, tmp_path: Path) -> None:
    found = pack_wheels(requirements, "aarch64", "3.11", tmp_path / "wheels")
    assert [p.name for p in found] == [
        "native-1.0-cp311-cp311-manylinux_2_28_aarch64.whl",
        "plain-1.0-py3-none-any.whl",
    ]
    assert all(p.is_file() for p in found)


@pytest.mark.parametrize(("machine", "python"), [("x86_64", "3.11"), ("aarch64", "3.12")])
def test_a_cpu_or_python_without_wheels_gets_pips_last_words(
    requirements: Path, tmp_path: Path, machine: str, python: str
) -> None:
    with pytest.raises(ToolError) as caught:
        pack_wheels(requirements, machine, python, tmp_path / "wheels")
    message = f"no wheels for Python {python} on {machine}: No matching distribution found for native==1.0"
    assert str(caught.value) == message
    assert caught.value.exit_code == 7
    assert "network" in caught.value.hint


@pytest.mark.parametrize(
    ("machine", "python", "message"),
    [
        ("vax", "3.11", "machine 'vax'"),
        ("aarch64", "three", "'three' is no Python version"),
        ("aarch64", "3", "'3' is no Python version"),
    ],
)
def test_what_is_not_known_is_refused(
    requirements: Path, tmp_path: Path, machine: str, python: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        pack_wheels(requirements, machine, python, tmp_path)


def test_a_bundle_without_requirements_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        pack_wheels(tmp_path / "requirements.txt", "aarch64", "3.11", tmp_path)
