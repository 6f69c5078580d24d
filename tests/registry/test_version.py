import itertools

import pytest

from packager.registry import newest

ASCENDING = (
    "nightly",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.2",
    "1.0.0-alpha.10",
    "1.0.0-beta.2",
    "1.0.0-rc.1",
    "3.0.0-rc1",
    "0.1.0",
    "0.9.0",
    "0.10.0",
    "1.0.0",
    "1.0.0+4",
    "1.0.0+12",
    "1.0.1",
    "v1.2",
    "2.0",
    "10.0",
)
"""A release comes after every pre-release; the rest as Semantic Versioning 2.0.0 orders it."""


@pytest.mark.parametrize(("older", "newer"), list(itertools.pairwise(ASCENDING)))
def test_newest(older: str, newer: str) -> None:
    assert newest([older, newer]) == newest([newer, older]) == newer


def test_equal_versions_written_otherwise_have_one_order() -> None:
    assert newest(["1.0", "1.0.0"]) == newest(["1.0.0", "1.0"])
