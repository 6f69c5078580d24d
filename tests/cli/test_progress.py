import io
import sys
import threading

import pytest

from packager.cli import _progress
from packager.cli._progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Make stderr a terminal; not a fixture, for pytest puts its own stderr in place between set-up and test."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return screen


def test_says_nothing_where_stderr_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_progress, "_PATIENCE", 0.0)
    with progress(2) as step:
        step("read")
    assert capsys.readouterr() == ("", "")


def test_says_nothing_of_what_is_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    with progress(2) as step:
        step("read")
    assert terminal.getvalue() == ""


def test_names_the_step_once_it_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    shown = threading.Event()
    appear = _progress._Bar.appear

    def tell(bar: _progress._Bar) -> None:
        appear(bar)
        shown.set()

    monkeypatch.setattr(_progress, "_PATIENCE", 0.0)
    monkeypatch.setattr(_progress._Bar, "appear", tell)
    with progress(3) as step:
        step("read the model")
        assert shown.wait(60)
        step("quantize")
    assert "quantize" in terminal.getvalue()


def test_a_bar_that_comes_too_late_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    bar = _progress._Bar(2)
    bar.vanish()
    bar.appear()
    assert terminal.getvalue() == ""
