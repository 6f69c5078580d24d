"""Run a Python function of ours in a child process, its output captured.

Front ends, the quantizer and the interpreters are C++ that may print, leak or crash on a hostile file. In a child they
can do none of that to the build: a crash becomes one line with the signal's name and the captured output. A child ends
with its parent, however that ends: a pipe whose other end only the parent holds tells it.
"""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from packager.errors import EdgePackError, ToolError

_BOOT = "import sys; from packager.util.child import serve; serve(*sys.argv[1:])"
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "0", "CUDA_VISIBLE_DEVICES": "-1"}
_TAIL = 4000


def call(
    function: Callable[..., Any],
    *args: Any,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float | None = None,
) -> Any:
    """Return ``function(*args)``, computed in a fresh interpreter.

    `function` must be importable by name; arguments and result are pickled through files, never through stdout, so the
    function may print what it likes. An `EdgePackError` raised inside is raised here as it was.

    Raises:
        ToolError: the child crashed, ran out of time or raised; `details` holds the end of what it printed and is never
            empty, which tells this from a tool that is missing.
    """
    with tempfile.TemporaryDirectory(prefix="edgepack-") as folder:
        ask, answer = Path(folder, "ask"), Path(folder, "answer")
        with ask.open("wb") as file:  # streamed: the text of a large model is never held beside the model
            pickle.dump((function.__module__, function.__qualname__, args), file, protocol=5)
        path = os.pathsep.join(str(Path(p).absolute()) for p in sys.path)  # the child's working folder is another
        environment = {**os.environ, **_QUIET, "PYTHONPATH": path, **(env or {})}
        try:
            with _lifeline() as line:
                done = subprocess.run(  # noqa: S603 - our own interpreter and our own words
                    [sys.executable, "-c", _BOOT, str(ask), str(answer)],
                    stdin=line,
                    check=False,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    cwd=cwd or folder,
                    timeout=timeout,
                )
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"{function.__qualname__} took longer than {timeout:.0f} s", details=_end(error.stdout)
            ) from None
        if answer.is_file() and done.returncode == 0:
            with answer.open("rb") as file:
                ok, result = pickle.load(file)  # noqa: S301 - written by our own child
            if ok:
                return result
            raise result
        raise ToolError(f"{function.__qualname__} {_ending(done.returncode)}", details=_end(done.stdout))


def serve(ask: str, answer: str) -> None:
    """Run one call; the child's side of `call`."""
    import importlib

    _end_with_parent()
    with Path(ask).open("rb") as file:
        module, name, args = pickle.load(file)  # noqa: S301 - written by our own parent
    function = getattr(importlib.import_module(module), name)
    reply: tuple[bool, Any]
    try:
        reply = (True, function(*args))
    except EdgePackError as error:
        reply = (False, error)
    with Path(answer).open("wb") as out:
        pickle.dump(reply, out, protocol=5)


@contextmanager
def _lifeline() -> Iterator[int]:
    """The end of a pipe that a child reads; the other stays here, inherited by nobody, until this process ends."""
    theirs, ours = os.pipe()
    try:
        yield theirs
    finally:
        os.close(theirs)
        os.close(ours)


def _end_with_parent() -> None:
    """Leave at once when standard input ends, which no one but the parent's end of the pipe holds open.

    What the child runs sees an empty standard input.
    """
    line, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def watch() -> None:
        os.read(line, 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _end(output: bytes | None) -> str:
    return (output or b"").decode(errors="replace")[-_TAIL:] or "(it printed nothing)"


def _ending(code: int) -> str:
    if code >= 0:
        return f"failed with exit code {code}"
    known = -code in signal.valid_signals() and -code < signal.SIGRTMIN
    return f"crashed with {signal.Signals(-code).name if known else f'signal {-code}'}"
