import pytest

from packager.util.text import human_bytes, human_count


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (53936, "52.7 KiB"),
        (-53936, "-52.7 KiB"),
        (1 << 20, "1.0 MiB"),
        ((1 << 20) - 1, "1.0 MiB"),
        (5 << 40, "5120.0 GiB"),
    ],
)
def test_human_bytes(count: int, text: str) -> None:
    assert human_bytes(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 k"),
        (999_999, "1 M"),
        (2_656_768, "2.66 M"),
        (7.5e9, "7.5 G"),
        (12e12, "12000 G"),
    ],
)
def test_human_count(count: float, text: str) -> None:
    assert human_count(count) == text
