import errno
import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from packager import __version__, errors
from packager.cli import main as main_module
from packager.cli.main import cli, main

ROOT = Path(__file__).parents[2]
HEAVY = {"ai_edge_litert", "ai_edge_quantizer", "jinja2", "keras", "numpy", "onnx", "onnxruntime", "rich", "tensorflow"}
COMMANDS = cli.list_commands(click.Context(cli))

Install = Callable[[Callable[[], object]], None]


def edgepack(*args: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "packager", *args]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)


def imported_by(*args: str) -> set[str]:
    script = (
        "import sys; from packager.cli.main import main; code = main(sys.argv[1:]);"
        "print(*sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *args], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.fixture
def doing(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Make `edgepack doctor` do something else."""

    def install(action: Callable[[], object]) -> None:
        command = click.Command("doctor", callback=action)
        monkeypatch.setattr(main_module._Commands, "get_command", lambda *_: command)

    return install


def raising(error: BaseException) -> Callable[[], None]:
    def action() -> None:
        raise error

    return action


def test_a_file_is_a_command() -> None:
    folder = Path(main_module.__file__).parent
    files = {p.stem.replace("_", "-") for p in folder.glob("*.py") if not p.stem.startswith("_")} - {"main"}
    assert set(COMMANDS) == files >= {"push", "pull", "run", "verify", "doctor"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_importable_and_says_what_it_does(name: str) -> None:
    command = importlib.import_module(f"packager.cli.{name.replace('-', '_')}").command
    assert isinstance(command, click.Command)
    assert command.help
    assert all(parameter.help for parameter in command.params if isinstance(parameter, click.Option))


def test_help_lists_each_command_with_the_first_line_of_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    for name in COMMANDS:
        summary = main_module._summary(name)
        assert summary.endswith(".")
        assert f"{name} {summary}" in words


def test_help_imports_nothing_heavy() -> None:
    assert not imported_by("--help") & HEAVY


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_imports_no_engine(name: str) -> None:
    assert not imported_by(name, "--help") & (HEAVY - {"numpy", "jinja2", "rich"})


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_runs_as_a_module() -> None:
    done = edgepack("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert __version__ in done.stdout


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (["biuld"], "did you mean 'build'?"),
        (["zzz"], "known: "),
        (["doctor", "--jsn"], "--json"),
        (["push"], "BUNDLE"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_names_the_nearest(
    args: list[str], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert word in err
    assert out == ""


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.EdgePackError, 1),
        (errors.ConfigError, 2),
        (errors.BudgetExceededError, 3),
        (errors.IntegrityError, 4),
        (errors.RegistryError, 5),
        (errors.UnsupportedError, 6),
        (errors.ToolError, 7),
    ],
)
def test_our_errors_are_a_line_a_hint_and_a_code(
    doing: Install, kind: type[errors.EdgePackError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    doing(raising(kind("it broke", hint="mend it", details="line 1\nline 2\n")))
    assert main(["doctor"]) == code
    assert capsys.readouterr() == ("", "error: it broke\nhint: mend it\nline 1\nline 2\n")


def test_an_error_without_a_hint_has_no_empty_line(doing: Install, capsys: pytest.CaptureFixture[str]) -> None:
    doing(raising(errors.ConfigError("it broke")))
    assert main(["doctor"]) == 2
    assert capsys.readouterr().err == "error: it broke\n"


def test_an_accident_is_one_line_that_says_how_to_see_more(doing: Install, capsys: pytest.CaptureFixture[str]) -> None:
    doing(raising(KeyError("x")))
    assert main(["doctor"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: unexpected KeyError: 'x'\nhint: ")
    assert "--debug" in err
    assert "Traceback" not in err


def test_debug_shows_the_traceback(doing: Install, capsys: pytest.CaptureFixture[str]) -> None:
    doing(raising(errors.ConfigError("it broke")))
    assert main(["--debug", "doctor"]) == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("error: it broke\n")


@pytest.mark.parametrize(
    ("number", "word"), [(errno.ENOSPC, "free some space"), (errno.EACCES, "permissions"), (errno.EROFS, "written to")]
)
def test_a_failure_of_the_system_names_the_file(
    doing: Install, number: int, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    doing(raising(OSError(number, os.strerror(number), "out/model.tflite")))
    assert main(["doctor"]) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"error: out/model.tflite: {os.strerror(number)}\nhint: ")
    assert word in err


def test_out_of_memory(doing: Install, capsys: pytest.CaptureFixture[str]) -> None:
    doing(raising(MemoryError()))
    assert main(["doctor"]) == 1
    assert capsys.readouterr().err.startswith("error: out of memory\n")


def test_an_interrupt(doing: Install, capsys: pytest.CaptureFixture[str]) -> None:
    doing(raising(KeyboardInterrupt()))
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_being_asked_to_end_unwinds_so_that_nothing_is_left(doing: Install, tmp_path: Path) -> None:
    from packager.bundle import new_folder

    def write() -> None:
        with new_folder(tmp_path / "bundle") as folder:
            (folder / "x").write_text("half", "utf-8")
            os.kill(os.getpid(), signal.SIGTERM)

    doing(write)
    with pytest.raises(SystemExit) as caught:
        main(["doctor"])
    assert caught.value.code == 143
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("args", ["--help", "targets", "nothing", "inspect examples/digits/digits.tflite"])
def test_a_reader_that_leaves_ends_it_as_sigpipe_would(args: str) -> None:
    # Both of its streams go into the pipe that nobody reads.
    there, here = os.pipe()
    os.close(there)
    command = [sys.executable, "-m", "packager", *args.split()]
    try:
        assert subprocess.run(command, cwd=ROOT, stdout=here, stderr=here, check=False).returncode == 141
    finally:
        os.close(here)


def test_a_reader_that_leaves_is_no_error() -> None:
    command = [sys.executable, "-m", "packager", "inspect", "examples/digits/digits.tflite"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_shells_complete_commands(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """``eval "$(_EDGEPACK_COMPLETE=bash_source edgepack)"``, as with all that click makes."""
    monkeypatch.setenv("_EDGEPACK_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "edgepack bu")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert main([]) == 0
    assert capsys.readouterr().out.split() == ["plain,build"]
