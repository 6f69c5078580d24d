import numpy as np
import pytest

from packager.plan.arrangement import arranged, is_certain


@pytest.mark.parametrize(
    ("own", "model", "certain"),
    [
        ((1, 3, 8, 8), (1, 8, 8, 3), True),
        ((1, 3, 8, 8), (1, 3, 8, 8), True),
        ((1, 8, 8, 8), (1, 8, 8, 8), False),  # channels second or last: the shape is the same
        ((1, 5), (1, 5), True),
        ((1, 1, 1, 1), (1, 1, 1, 1), True),
        ((1, 1, 1, 9), (1, 1, 9, 1), True),
        ((1, 3, 4, 5), (1, 5, 4, 3), False),
        ((1, -1, 8), (1, 8, 2), False),
    ],
)
def test_shapes_tell_or_do_not(own: tuple[int, ...], model: tuple[int, ...], certain: bool) -> None:  # noqa: FBT001 - a parameter
    assert is_certain(own, model) is certain


def test_samples_go_there_and_back() -> None:
    samples = np.arange(2 * 3 * 4 * 5).reshape(2, 4, 5, 3)
    first = arranged(samples, (1, 3, 4, 5))
    assert first.shape == (2, 3, 4, 5)
    assert first[1, 2, 3, 4] == samples[1, 3, 4, 2]
    np.testing.assert_array_equal(arranged(first, (1, 4, 5, 3)), samples)
    assert arranged(samples, (1, 9, 9, 9)) is samples
