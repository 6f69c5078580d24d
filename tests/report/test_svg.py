from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from packager.report.svg import Bar, Block, Mark, arena, bars, element, number, shortened

SVG = "{http://www.w3.org/2000/svg}"


def rects(svg: str) -> list[dict[str, str]]:
    return [e.attrib for e in ET.fromstring(svg).iter(f"{SVG}rect")]


def bar(value: float, name: str = "n", op: str = "ADD") -> Bar:
    return Bar(index="0", op=op, name=name, value=value, text=f"{value} B", style="cpu")


def block(name: str, offset: int, size: int, first: int, last: int) -> Block:
    return Block(name=name, text=f"{size} B", first=first, last=last, offset=offset, bytes=size)


@given(st.text(), st.text(), st.floats(0, 1e12))
def test_any_name_gives_well_formed_xml(name: str, op: str, value: float) -> None:
    root = ET.fromstring(bars("a", name, op, [bar(value, name, op)]))
    assert {e.tag for e in root.iter()} <= {f"{SVG}{t}" for t in ("svg", "title", "desc", "g", "text", "rect")}
    ET.fromstring(arena("a", name, op, [block(name, 0, 1, 0, 1)], steps=3, height=9, ticks=[(0, name)]))


def test_a_picture_says_what_it_shows() -> None:
    root = ET.fromstring(bars("size", "Size", "Large ones", [bar(1)]))
    assert root.attrib["role"] == "img"
    named = {e.attrib["id"]: e.text for e in root if "id" in e.attrib}
    assert [named[i] for i in root.attrib["aria-labelledby"].split()] == ["Size", "Large ones"]


def test_bars_are_as_long_as_their_values() -> None:
    lengths = [float(r["width"]) for r in rects(bars("a", "t", "d", [bar(50), bar(100), bar(0), bar(25)]))]
    assert lengths[1] == max(lengths)
    assert [round(v / lengths[1], 2) for v in lengths] == [0.5, 1, 0, 0.25]
    assert rects(bars("a", "t", "d", [bar(0)]))[0]["width"] == "0"
    assert not rects(bars("a", "t", "d", []))


def test_blocks_lie_where_the_plan_puts_them() -> None:
    blocks = [block("a", 0, 50, 0, 1), block("b", 50, 50, 1, 3), block("c", 0, 25, 2, 2)]
    a, b, c = (
        {k: float(v) for k, v in r.items() if k in ("x", "y", "width", "height")}
        for r in rects(arena("m", "t", "d", blocks, steps=4, height=100, ticks=[]))
    )
    assert a["height"] == b["height"] == 2 * c["height"]
    assert a["y"] == b["y"] + b["height"], "b lies on a"
    assert a["y"] + a["height"] == c["y"] + c["height"], "both lie on the ground"
    assert a["width"] == 2 * c["width"]
    assert b["x"] == a["x"] + c["width"]
    assert c["x"] == a["x"] + a["width"]


def test_marks_and_ticks_are_lines_with_captions() -> None:
    marks = [Mark(at=100, text="arena", style="top"), Mark(at=50, text="bound", style="bound")]
    root = ET.fromstring(arena("m", "t", "d", [], steps=1, height=100, ticks=[(0, "0 B")], marks=marks))
    lines = {e.attrib["class"]: float(e.attrib["y1"]) for e in root.iter(f"{SVG}line")}
    assert lines["top"] < lines["bound"] < lines["grid"]
    assert {"arena", "bound", "0 B"} <= {e.text for e in root.iter(f"{SVG}text")}


@given(st.integers(1, 100_000))
def test_a_long_graph_has_few_captions(steps: int) -> None:
    root = ET.fromstring(arena("m", "t", "d", [], steps=steps, height=1, ticks=[]))
    captions = [e.text for e in root.iter(f"{SVG}text") if e.text and e.text.isdigit()]
    assert captions[0] == "0"
    assert len(captions) <= 16


def test_the_end_of_a_long_name_is_kept() -> None:
    assert shortened("scope/scope/conv_1", 8) == "\u2026/conv_1"
    assert shortened("conv", 8) == "conv"


def test_numbers_and_attributes() -> None:
    assert (number(1.0), number(1.25), number(-0.04)) == ("1", "1.2", "0")
    assert element("a", {"b": '"<'}) == '<a b="&quot;&lt;"/>'
