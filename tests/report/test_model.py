import contextlib
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report.sample import SAMPLE, changed, figure, layer

from packager.errors import ConfigError, Diagnostic, EdgePackError, IntegrityError, Severity
from packager.figure import Basis, Figure, Layer, Place
from packager.report.model import Memory, MemoryRow, ModelFacts, Port, Report, TargetFacts, TensorRange

TEXT = st.text(max_size=20)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
SIZE = st.integers(0, 2**60)


@st.composite
def figures(draw: st.DrawFn) -> Figure:
    low, value, high = sorted(draw(st.tuples(NUMBER, NUMBER, NUMBER)))
    banded = draw(st.booleans())
    return Figure(
        name=draw(TEXT),
        value=value,
        unit=draw(st.sampled_from(["B", "ms", "1", "%"])),
        basis=draw(st.sampled_from(Basis)),
        source=draw(TEXT),
        low=low if banded else None,
        high=high if banded else None,
        on=draw(TEXT),
    )


LAYERS = st.builds(
    Layer,
    index=SIZE,
    name=TEXT,
    op=TEXT,
    bytes=SIZE,
    macs=SIZE,
    placement=st.sampled_from(Place),
    reason=TEXT,
    latency_ms=st.none() | NUMBER,
    sqnr_db=st.none() | NUMBER,
)
PORTS = st.builds(
    Port, name=TEXT, type=TEXT, shape=st.lists(SIZE, max_size=4).map(tuple), scale=st.none() | NUMBER, zero_point=SIZE
)
REPORTS = st.builds(
    Report,
    model=st.builds(
        ModelFacts, name=TEXT, format=TEXT, sha256=TEXT, bytes=SIZE, inputs=st.lists(PORTS, max_size=2).map(tuple)
    ),
    target=st.builds(TargetFacts, name=TEXT, title=TEXT, family=TEXT, arithmetic=TEXT),
    recipe=TEXT,
    trusted=st.booleans(),
    figures=st.lists(figures(), max_size=4).map(tuple),
    layers=st.lists(LAYERS, max_size=3).map(tuple),
    diagnostics=st.lists(
        st.builds(Diagnostic, severity=st.sampled_from(Severity), message=TEXT, where=TEXT, hint=TEXT), max_size=2
    ).map(tuple),
)


@settings(max_examples=60)
@given(REPORTS)
def test_a_report_survives_its_json(report: Report) -> None:
    content = report.to_json()
    again = Report.from_json(content)
    assert again == report.ordered()
    assert again.to_json() == content


def test_the_document_has_the_keys_of_the_design() -> None:
    document = json.loads(SAMPLE.to_json())
    assert document["schema"] == 1
    assert {"model", "target", "figures", "layers", "diagnostics"} <= document.keys()
    assert document["layers"][0].keys() >= {
        "index", "name", "op", "bytes", "macs", "latency_ms", "placement", "reason", "sqnr_db",
    }  # fmt: skip
    assert document["figures"][0].keys() >= {"name", "value", "unit", "basis", "low", "high", "source"}
    assert document["target"]["name"] == "raspberrypi-4"


def test_equal_reports_have_equal_bytes_whatever_the_order_they_were_made_in() -> None:
    turned = changed(SAMPLE, figures=SAMPLE.figures[::-1], tools=SAMPLE.tools[::-1], golden=SAMPLE.golden[::-1])
    assert turned.to_json() == SAMPLE.to_json()
    assert changed(SAMPLE, layers=SAMPLE.layers[::-1]).to_json() != SAMPLE.to_json(), "layers are in the file's order"


def test_whole_numbers_have_no_fraction() -> None:
    content = changed(SAMPLE, figures=(figure("deploy.bytes", 61_440.0, "B"),)).to_json()
    assert b'"value": 61440,' in content
    assert changed(SAMPLE, figures=(figure("deploy.bytes", 61_440, "B"),)).to_json() == content


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"figures": (figure("x", float("nan"), "B"),)}, "figures[0] 'x' is not finite"),
        ({"figures": (figure("x", 1, "B", high=float("inf")),)}, "figures[0] 'x' is not finite"),
        ({"figures": (figure("x", 5, "B", low=1, high=4),)}, "outside its band"),
        ({"figures": (figure("x", 0, "B", low=1, high=4),)}, "outside its band"),
        ({"layers": (layer(0, "ADD", "a", sqnr_db=float("inf")),)}, "layers[0] 'a'"),
        ({"layers": (layer(0, "ADD", "a", bytes=-1),)}, "negative size"),
        (
            {"memory": Memory(arena_bytes=1, lower_bound_bytes=1, rows=(
                MemoryRow(tensor="t", offset=0, bytes=1, first=3, last=2),))},
            "memory.rows[0]",
        ),
    ],
)  # fmt: skip
def test_what_a_gate_must_not_meet_is_never_written(bad: dict[str, Any], words: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        changed(SAMPLE, **bad).to_json()
    assert words in str(caught.value)


def edited(*path: Any, value: Any) -> bytes:
    document = json.loads(SAMPLE.to_json())
    place = document
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("figures", 2, "value"), "7", "figures[2].value"),
        (("figures", 2, "value"), True, "figures[2].value"),
        (("figures", 2, "value"), 10**400, "figures[2].value"),
        (("figures", 2, "basis"), "guessed", "figures[2].basis"),
        (("figures", 2, "basis"), ["measured"], "figures[2].basis"),
        (("figures", 2), None, "figures[2]"),
        (("figures",), {}, "figures"),
        (("layers", 1, "macs"), 1.5, "layers[1].macs"),
        (("layers", 1, "placement"), "moon", "layers[1].placement"),
        (("model", "inputs", 0, "shape", 1), "3", "model.inputs[0].shape[1]"),
        (("target",), "coral", "target"),
        (("trusted",), 1, "trusted"),
        (("model", "sha256"), ..., "model.sha256"),
        (("figures", 0, "name"), None, "figures[0].name"),
        (("schema",), ..., "schema"),
    ],
)
def test_a_damaged_report_names_the_key(path: tuple[Any, ...], value: Any, key: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        Report.from_json(edited(*path, value=value), source="r.json")
    assert str(caught.value).startswith("r.json: ")
    assert f"'{key}'" in str(caught.value)


def test_a_band_that_does_not_hold_its_value_is_refused_so_that_no_gate_is_led_astray() -> None:
    with pytest.raises(IntegrityError, match="outside its band"):
        Report.from_json(edited("figures", 0, "high", value=-1))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"null", b"\xff\xfe", b'{"schema": NaN}', b"[" * 100_000])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError):
        Report.from_json(content)


def test_another_schema_asks_for_another_version() -> None:
    with pytest.raises(ConfigError, match="schema 2"):
        Report.from_json(edited("schema", value=2))


def test_a_key_of_a_later_version_is_ignored_and_an_older_report_lacks_one() -> None:
    assert Report.from_json(edited("weather", value="fine")) == Report.from_json(SAMPLE.to_json())
    assert Report.from_json(edited("tools", value=...)).tools == ()


@settings(max_examples=60)
@given(st.binary(max_size=30), st.integers(0, 2000))
def test_damage_anywhere_is_a_typed_error_or_harmless(junk: bytes, at: int) -> None:
    content = SAMPLE.to_json()
    with contextlib.suppress(EdgePackError):
        Report.from_json(content[:at] + junk + content[at + len(junk) :]).to_json()


def test_names_that_are_not_utf8_survive() -> None:
    ranges = (TensorRange(tensor="bad\udcff\x00", low=0, high=1, reason=""),)
    assert SAMPLE.quantization is not None
    report = changed(SAMPLE, quantization=dataclasses.replace(SAMPLE.quantization, ranges=ranges))
    again = Report.from_json(report.to_json())
    assert again.quantization is not None
    assert again.quantization.ranges == ranges
