import dataclasses
from xml.etree import ElementTree as ET

from report.sample import SAMPLE, changed, layer

from packager.figure import Place
from packager.report.model import MemoryRow
from packager.report.pictures import pictures


def drawn(report: object) -> dict[str, str]:
    return {p.ident: p.svg for p in pictures(report)}  # type: ignore[arg-type]  # reports, as the callers give


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


def test_a_full_report_has_four_pictures() -> None:
    assert list(drawn(SAMPLE)) == ["size", "time", "memory", "noise"]


def test_a_report_without_numbers_has_none() -> None:
    bare = changed(SAMPLE, memory=None, layers=(layer(0, "RESHAPE", "r"),))
    assert drawn(bare) == {}
    assert drawn(changed(bare, layers=())) == {}


def test_sizes_are_in_the_graphs_order_with_shares_of_the_whole() -> None:
    words = texts(drawn(SAMPLE)["size"])
    assert [w for w in words if w.endswith("KiB")] == ["3.2 KiB", "1.1 KiB", "4.5 KiB", "15.0 KiB"]
    assert [w for w in words if w.endswith("%")] == ["13.7%", "4.5%", "18.9%", "63.0%"]
    assert "flatten" not in words, "it holds nothing"


def test_the_noisiest_layer_is_on_top() -> None:
    assert next(w for w in texts(drawn(SAMPLE)["noise"]) if w.endswith("dB")) == "24.9 dB"


def test_many_layers_share_the_last_row() -> None:
    many = changed(SAMPLE, layers=tuple(layer(i, "CONV_2D", f"c{i}", bytes=1024 * (1 + i % 40)) for i in range(80)))
    words = texts(drawn(many)["size"])
    kept = [int(w[1:]) for w in words if w[0] == "c" and w[1:].isdigit()]
    assert kept == sorted(kept)
    assert len(kept) == 23
    assert min(1 + i % 40 for i in kept) >= 28
    assert "57 smaller ones" in words
    shown = sum(float(w.removesuffix(" KiB").replace(",", "")) for w in words if w.endswith(" KiB"))
    assert shown == 2 * sum(range(1, 41)), "nothing is left out of the sum"


def test_places_are_told_apart_only_where_there_are_several() -> None:
    assert {p.places for p in pictures(SAMPLE)} == {()}
    mixed = changed(SAMPLE, layers=(dataclasses.replace(SAMPLE.layers[0], placement=Place.TPU), *SAMPLE.layers[1:]))
    size = pictures(mixed)[0]
    assert size.places == ("cpu", "tpu")
    assert 'class="bar tpu"' in size.svg


def test_the_arena_tells_the_bound_from_the_plan() -> None:
    assert "arena 15.6 KiB, the least possible" in texts(drawn(SAMPLE)["memory"])
    assert SAMPLE.memory is not None
    loose = changed(SAMPLE, memory=dataclasses.replace(SAMPLE.memory, lower_bound_bytes=12_000))
    words = texts(drawn(loose)["memory"])
    assert "arena 15.6 KiB" in words
    assert "lower bound 11.7 KiB" in words


def test_scratch_is_told_from_tensors() -> None:
    assert SAMPLE.memory is not None
    row = MemoryRow(tensor="scratch", offset=0, bytes=64, first=0, last=0)
    more = changed(SAMPLE, memory=dataclasses.replace(SAMPLE.memory, rows=(*SAMPLE.memory.rows, row)))
    said = "Each block is a tensor, or scratch of an operator's kernel:"
    assert [next(p for p in pictures(one) if p.ident == "memory").note.startswith(said) for one in (SAMPLE, more)] == [
        False,
        True,
    ]
