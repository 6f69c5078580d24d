"""What is made once for several targets."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from packager.util.once import Once


def test_the_first_asker_makes_it_and_the_others_get_the_same() -> None:
    once = Once()
    made: list[int] = []

    def make() -> object:
        made.append(1)
        return object()

    first = once.get(("a", 1), make)
    assert once.get(("a", 1), make) is first
    assert once.get(("a", 2), make) is not first
    assert len(made) == 2


def test_nothing_is_made_twice_by_two_threads() -> None:
    once, start = Once(), Barrier(2)
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    def ask() -> object:
        start.wait(timeout=10)
        return once.get("a", make)

    with ThreadPoolExecutor(max_workers=2) as pool:
        first, second = (each.result() for each in [pool.submit(ask), pool.submit(ask)])
    assert first is second
    assert made == [first]


def test_a_failure_is_not_kept() -> None:
    once = Once()
    with pytest.raises(ZeroDivisionError):
        once.get("a", lambda: 1 // 0)
    assert once.get("a", lambda: 1) == 1
