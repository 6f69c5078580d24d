import os
import pty
import subprocess
import sys

import pytest

from packager.cli._table import paint, show_table

ROWS = [("conv", "1,024", "a name with | and [bold]"), ("add", "7", "b")]


def test_elsewhere_columns_are_aligned_and_nothing_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("op", ">bytes", "name"), [*ROWS, ("x", "1", "y" * 200)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == ["op    bytes  name", "conv  1,024  a name with | and [bold]", "add       7  b"]
    assert lines[3].endswith("y" * 200)


def on_a_terminal(program: str, **environment: str) -> str:
    """What a program prints to a terminal of 40 columns."""
    parent, child = pty.openpty()
    env = {**os.environ, "COLUMNS": "40", "TERM": "xterm", **environment}
    done = subprocess.run([sys.executable, "-c", program], stdout=child, env=env, check=False, timeout=60)
    os.close(child)
    assert done.returncode == 0
    output = b""
    try:
        while chunk := os.read(parent, 65536):
            output += chunk
    except OSError:  # Linux's way of saying that the other end is closed
        pass
    finally:
        os.close(parent)
    return output.decode()


PROGRAM = (
    "from packager.cli._table import show_table;"
    f"show_table(('op', '>bytes', 'name'), [*{ROWS!r}, ('FULLY_CONNECTED', '1', 'z' * 60)])"
)


def test_on_a_terminal_only_the_last_column_folds() -> None:
    lines = [line.rstrip() for line in on_a_terminal(PROGRAM, NO_COLOR="1").replace("\x1b[1m", "").splitlines()]
    assert max(map(len, (line.replace("\x1b[0m", "") for line in lines))) <= 40
    assert any(line.startswith("FULLY_CONNECTED") for line in lines)
    assert "".join(lines).count("z") == 60
    assert "[bold]" in "".join(lines), "a name is no markup"


def test_no_color_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert paint("FAIL", "red") == "\x1b[31mFAIL\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert paint("FAIL", "red") == "FAIL"
