"""`edgepack pack-wheels`: wheels into a bundle, and into its manifest."""

from pathlib import Path

import pytest

from packager.bundle import Bundle, Entry, read_manifest, verify_files
from packager.cli.main import main
from packager.errors import ToolError
from packager.measure import wheels

ASKED: list[tuple[str, str, str]] = []


def fetch(requirements: Path, machine: str, python: str, into: Path) -> list[Path]:
    ASKED.append((requirements.read_text(encoding="utf-8"), machine, python))
    path = into / "numpy-2.whl"
    path.write_bytes(b"wheel")
    return [path]


def fail(requirements: Path, machine: str, python: str, into: Path) -> list[Path]:  # noqa: ARG001 - a stand-in
    raise ToolError("no wheels", hint="network")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    made = Bundle("net", "0.1.0", "raspberrypi-4")
    made.add(Entry(path="runtime/requirements.txt", content=b"numpy==2\n", role="runtime"))
    return made.write(tmp_path)


def test_the_manifest_records_the_wheels(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wheels, "pack_wheels", fetch)
    ASKED.clear()
    assert main(["pack-wheels", str(bundle), "--python", "3.13"]) == 0
    assert ASKED == [("numpy==2\n", "aarch64", "3.13")]
    assert (bundle / "wheels" / "numpy-2.whl").read_bytes() == b"wheel"
    manifest = read_manifest(bundle)
    assert [r.path for r in manifest.files] == ["runtime/requirements.txt", "wheels/numpy-2.whl"]
    assert not list(verify_files(bundle, manifest))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "1 wheels, 5 B, for Python 3.13 on aarch64" in captured.err
    assert main(["pack-wheels", str(bundle), "--machine", "x86_64"]) == 0
    assert ASKED[-1][1:] == ("x86_64", "3.11")


def test_a_failure_leaves_the_bundle_as_it_was(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (bundle / "manifest.json").read_bytes()
    monkeypatch.setattr(wheels, "pack_wheels", fail)
    assert main(["pack-wheels", str(bundle)]) == 7
    assert not (bundle / "wheels").exists()
    assert (bundle / "manifest.json").read_bytes() == before
