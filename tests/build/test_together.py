"""Steps run two at a time give what they give one at a time."""

import threading

import pytest

from packager.build.together import together


@pytest.mark.parametrize("model_bytes", [0, 1 << 30])
def test_results_come_in_the_order_of_the_items(model_bytes: int) -> None:
    assert together(lambda n: n * n, range(20), model_bytes=model_bytes) == [n * n for n in range(20)]


def test_two_small_steps_run_at_once() -> None:
    meeting = threading.Barrier(2, timeout=10)
    assert sorted(together(lambda _: meeting.wait(), range(2), model_bytes=1)) == [0, 1]


def test_a_large_model_has_one_step_at_a_time() -> None:
    busy = threading.Lock()

    def alone(_: int) -> bool:
        free = busy.acquire(blocking=False)
        if free:
            threading.Event().wait(0.01)
            busy.release()
        return free

    assert all(together(alone, range(10), model_bytes=1 << 30))
    assert not all(together(alone, range(10), model_bytes=1))


def test_the_first_failure_is_raised() -> None:
    def fail(n: int) -> int:
        if n:
            raise ValueError(n)
        return n

    with pytest.raises(ValueError, match="1"):
        together(fail, range(4), model_bytes=1)
