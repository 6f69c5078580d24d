"""A progress bar on stderr, for what takes over a second and only where somebody looks."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

_PATIENCE = 1.0
"""Seconds before a bar appears."""


@contextlib.contextmanager
def progress(steps: int | None = None) -> Iterator[Callable[[str], None]]:
    """Give a function to call with the name of each step as it begins; `steps` is how many there will be.

    A no-op where stderr is no terminal. `rich` is imported once the bar appears.
    """
    if not sys.stderr.isatty():
        yield _ignore
        return
    bar = _Bar(steps)
    timer = threading.Timer(_PATIENCE, bar.appear)
    timer.daemon = True
    timer.start()
    try:
        yield bar.begin
    finally:
        timer.cancel()
        bar.vanish()


def _ignore(step: str) -> None:
    pass


class _Bar:
    """Counts steps from the start, and shows them once asked to; the asking comes from another thread."""

    def __init__(self, steps: int | None) -> None:
        self._steps = steps
        self._begun = 0
        self._name = ""
        self._shown: Any = None
        self._over = False
        self._lock = threading.Lock()

    def begin(self, step: str) -> None:
        with self._lock:
            self._name = step
            self._begun += 1
            if self._shown:
                self._shown.update(self._shown.task_ids[0], description=step, completed=self._begun - 1)

    def appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        with self._lock:
            if self._over:
                return
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
            self._shown.add_task(self._name, total=self._steps, completed=max(self._begun - 1, 0))
            self._shown.start()

    def vanish(self) -> None:
        with self._lock:
            self._over = True
            if self._shown:
                self._shown.stop()
