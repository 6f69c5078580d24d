"""What travels in the wheel. A file that `.gitignore` matches would drop out of it silently, a tracked one too."""

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for module in ("build", "hatchling"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"the Python package {module!r} is not installed")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    return path


def tracked(*folders: str) -> set[str]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("git is not installed, or this is no checkout")
    command = ["git", "ls-files", "-z", *folders]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def from_wheel(wheel: Path, *args: str) -> str:
    """Run the command straight from the zipped wheel, away from the checkout."""
    done = subprocess.run(
        [sys.executable, "-m", "packager", *args],
        cwd=wheel.parent,
        env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_tracked_module_profile_and_template(wheel: Path) -> None:
    data = {f"packager/_data/{name}" for name in tracked("targets", "templates")}
    code = tracked("packager")
    assert len(data) > 20
    assert len(code) > 50
    assert not (data | code) - set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"packager"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".keras", ".npz"))]


def test_the_wheel_installs_the_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/entry_points.txt"))
        assert "edgepack = packager.cli.main:main" in archive.read(name).decode()


def test_the_wheel_names_no_path_of_the_machine_that_built_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = [name for name in archive.namelist() if str(ROOT).encode() in archive.read(name)]
    assert not found


def test_profiles_and_commands_are_found_in_a_zipped_wheel(wheel: Path) -> None:
    targets = {Path(name).stem for name in tracked("targets") if Path(name).parent.name == "targets"}
    listed = from_wheel(wheel, "targets")
    assert all(target in listed for target in targets)
    words = " ".join(from_wheel(wheel, "--help").split())
    assert "Check a bundle's files against its manifest" in words
