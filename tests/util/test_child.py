import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import child_tasks
import pytest

from packager.errors import ToolError, UnsupportedError
from packager.util.child import call


def test_returns_what_the_function_returns_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert call(child_tasks.chatter, "a thousand warnings") == "a thousand warnings"
    assert capfd.readouterr() == ("", "")


def test_runs_in_another_process_and_an_empty_folder_of_its_own() -> None:
    process, folder = call(child_tasks.place)
    assert process != os.getpid()
    assert not Path(folder).exists()


def test_runs_in_a_given_folder(tmp_path: Path) -> None:
    assert call(child_tasks.place, cwd=tmp_path)[1] == str(tmp_path)


def test_takes_environment_variables() -> None:
    assert call(child_tasks.environment, env={"EDGEPACK_TEST": "1"})["EDGEPACK_TEST"] == "1"


def test_our_own_errors_come_back_as_they_were() -> None:
    with pytest.raises(UnsupportedError, match="this model") as caught:
        call(child_tasks.refuse)
    assert (caught.value.hint, caught.value.details, caught.value.exit_code) == ("another model", "line 3", 6)


def test_another_exception_becomes_a_tool_error_with_its_traceback() -> None:
    with pytest.raises(ToolError, match="fail failed with exit code 1") as caught:
        call(child_tasks.fail)
    assert "KeyError: 'an accident'" in caught.value.details


def test_a_crash_becomes_one_line_with_the_signal_and_what_was_printed() -> None:
    with pytest.raises(ToolError, match="crash crashed with SIGSEGV") as caught:
        call(child_tasks.crash)
    assert "last words" in caught.value.details


@pytest.mark.parametrize(
    ("number", "name"), [(signal.SIGKILL, "SIGKILL"), (signal.SIGABRT, "SIGABRT"), (signal.SIGRTMIN + 3, "signal 37")]
)
def test_names_the_signal(number: int, name: str) -> None:
    with pytest.raises(ToolError, match=f"crashed with {name}") as caught:
        call(child_tasks.die, number)
    assert caught.value.details == "(it printed nothing)"


@pytest.mark.parametrize("code", [0, 3])
def test_leaving_without_an_answer_is_a_failure(code: int) -> None:
    with pytest.raises(ToolError, match=f"failed with exit code {code}"):
        call(child_tasks.leave, code)


def test_ends_what_takes_too_long() -> None:
    with pytest.raises(ToolError, match="sleep took longer than 2 s") as caught:
        call(child_tasks.sleep, 60, timeout=2)
    assert "going to sleep" in caught.value.details


def test_keeps_the_end_of_long_output() -> None:
    with pytest.raises(ToolError) as caught:
        call(child_tasks.shout)
    assert len(caught.value.details) <= 4000
    assert "the end" in caught.value.details


def test_a_result_that_cannot_travel_is_a_failure() -> None:
    with pytest.raises(ToolError, match="unpicklable failed"):
        call(child_tasks.unpicklable)


def test_works_where_the_path_holds_the_working_folder_without_a_name(tmp_path: Path) -> None:
    """``python -c`` puts an empty string on `sys.path`; the child runs in another folder."""
    tests = Path(__file__).parents[1]
    (tmp_path / "here.py").write_text("def f(): return 41\n", "utf-8")
    script = "import here; from packager.util.child import call; print(call(here.f) + 1)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tests.parent)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.stdout, done.stderr) == ("42\n", "")


def test_ends_with_its_parent_however_that_ends(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = "import sys, child_tasks; from packager.util.child import call; call(child_tasks.linger, sys.argv[1])"
    path = os.pathsep.join(str(folder) for folder in (Path(__file__).parents[2], Path(__file__).parents[1]))
    parent = subprocess.Popen([sys.executable, "-c", script, str(note)], env={**os.environ, "PYTHONPATH": path})
    assert _until(lambda: note.is_file() and note.read_text("utf-8").endswith("\n"))
    child = int(note.read_text("utf-8"))
    parent.kill()
    parent.wait()
    assert _until(lambda: _is_dead(child))


def _until(done: Callable[[], bool]) -> bool:
    for _ in range(1200):
        if done():
            return True
        time.sleep(0.05)
    return False


def _is_dead(process: int) -> bool:
    """Gone, or a zombie: where nobody waits for orphans they stay."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_a_child_runs_sees_an_empty_standard_input() -> None:
    assert call(child_tasks.standard_input) == b""
