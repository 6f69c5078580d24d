import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.sample import figure

from packager.report.text import brief, exact, short_names, show, show_band, show_change, show_figure, visible


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (53_936, "B", "52.7 KiB"),
        (12, "B", "12 B"),
        (2_656_768, "MAC", "2.66 MMAC"),
        (12, "MAC", "12 MAC"),
        (1.9, "ms", "1.90 ms"),
        (0.0852, "ms", "85.2 \u00b5s"),
        (1234.5, "ms", "1.23 s"),
        (999.9, "ms", "1,000 ms"),
        (0, "ms", "0 ms"),
        (0.991, "1", "0.991"),
        (53_200, "1", "53,200"),
        (91.4, "%", "91.4 %"),
        (-3.25, "dB", "-3.25 dB"),
        (168_918.92, "1/s", "168,919 1/s"),
        (0.00001234, "mJ", "1.2e-05 mJ"),
    ],
)
def test_values_as_people_read_them(value: float, unit: str, text: str) -> None:
    assert show(value, unit) == text


def test_changes_have_a_sign() -> None:
    assert show_change(12_700, "B") == "+12.4 KiB"
    assert show_change(-0.5, "ms") == "-500 \u00b5s"


def test_an_estimate_is_marked_and_a_band_has_one_unit() -> None:
    estimate = figure("latency.p50.ms", 1.9, "ms", low=1.41, high=2.95)
    assert show_figure(estimate) == "~1.90 ms"
    assert show_band(estimate) == "1.41 to 2.95 ms"
    assert show_band(figure("x", 1.9, "ms", low=0.5, high=2.95)) == "500 \u00b5s to 2.95 ms"
    assert show_band(figure("x", 1, "ms")) == ""
    assert show_figure(figure("x", 1.9, "ms", "measured")) == "1.90 ms"


def test_all_digits() -> None:
    assert exact(53_936.0) == "53,936"


@given(st.text())
def test_a_visible_name_is_printable_and_encodable(name: str) -> None:
    shown = visible(name)
    shown.encode("utf-8")
    assert all(c.isprintable() for c in shown)
    assert len(shown) <= 200


def test_control_and_direction_characters_are_spelled_out() -> None:
    assert visible("a\x1b[31m\u202e\ud800\nb") == r"a\u001b[31m\u202e\ud800\u000ab"


def test_a_long_name_keeps_both_ends() -> None:
    shown = visible("start" + "x" * 1000 + "end")
    assert shown.startswith("start")
    assert shown.endswith("end")


def test_names_in_messages_are_cut_at_what_a_converter_joined() -> None:
    assert (
        brief("CONV_2D #1 'm/a/Relu;m/b;m/c': 3 of 8 went; 'd' stays")
        == "CONV_2D #1 'm/a/Relu': 3 of 8 went; 'd' stays"
    )
    assert brief("it's; they're 'x'") == "it's; they're 'x'"


def test_short_names_drop_what_all_share() -> None:
    assert short_names(["m/a/Relu;m/b", "m/c", "Identity"]) == ["a/Relu", "c", "Identity"]
    assert short_names(["m/a", "n/b"]) == ["m/a", "n/b"]
    assert short_names(["m/", ";"]) == ["m/", ""]
