"""What the tests run in child processes: a child imports its function by name."""

import ctypes
import os
import sys
import time
from pathlib import Path

from packager.errors import UnsupportedError


def environment() -> dict[str, str]:
    return dict(os.environ)


def place() -> tuple[int, str]:
    return os.getpid(), str(Path.cwd())


def linger(note: str) -> None:
    Path(note).write_text(f"{os.getpid()}\n", "utf-8")
    time.sleep(600)


def standard_input() -> bytes:
    return os.read(0, 1)


def chatter(words: str) -> str:
    print(words)  # noqa: T201 - that is the point
    os.write(1, b"from C++")
    return words


def refuse() -> None:
    raise UnsupportedError("this model", hint="another model", details="line 3")


def fail() -> None:
    raise KeyError("an accident")


def crash() -> None:
    print("last words", flush=True)  # noqa: T201 - that is the point
    ctypes.string_at(0)


def die(signal: int) -> None:
    os.kill(os.getpid(), signal)


def leave(code: int) -> None:
    sys.exit(code)


def sleep(seconds: float) -> None:
    print("going to sleep", flush=True)  # noqa: T201 - that is the point
    time.sleep(seconds)


def shout() -> None:
    print("x" * 100_000 + "the end")  # noqa: T201 - that is the point
    raise RuntimeError


def unpicklable() -> object:
    return lambda: None
