import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_bundle import golden, npy, tiny_bundle, tiny_inputs

from packager.bundle import Entry, read_manifest
from packager.errors import EdgePackError, IntegrityError, ToolError, UnsupportedError
from packager.measure.engines import Array, Run
from packager.measure.golden import Outcome, check_golden


def outcomes(tmp_path: Path, vectors: tuple[Entry, ...]) -> dict[str, Outcome]:
    folder = tiny_bundle(vectors=vectors).write(tmp_path)
    return {o.engine: o for o in check_golden(folder, read_manifest(folder))}


def replaced(path: str, content: bytes) -> tuple[Entry, ...]:
    return tuple(Entry(path=e.path, content=content if e.path == path else e.content, role=e.role) for e in golden())


def engines(**facts: Any) -> dict[str, Any]:
    """The index with one engine, LiteRT, some of whose facts are others."""
    table = json.loads(golden()[0].content)
    return {"engines": {"litert-default": {**table["engines"]["litert-default"], **facts}}}


def expected() -> np.ndarray[Any, Any]:
    import io

    array: np.ndarray[Any, Any] = np.load(io.BytesIO(golden()[2].content))
    return array


def test_sound_vectors_come_out_in_every_engine(tmp_path: Path) -> None:
    found = outcomes(tmp_path, golden())
    assert found == {name: Outcome(engine=name, count=5) for name in ("litert-default", "numpy-xnnpack")}


def test_a_difference_is_counted_and_measured(tmp_path: Path) -> None:
    other = expected()
    other[1, 2] ^= 4
    other[0, 0] ^= 1
    found = outcomes(tmp_path, replaced("golden/output_0.npy", npy(other)))
    for outcome in found.values():
        assert outcome.difference.startswith("output 0: 2 of 15 values differ, by 4 at most")


def test_a_difference_within_the_tolerance_is_none(tmp_path: Path) -> None:
    other = expected()
    other[1, 2] ^= 1
    vectors = (*golden(engines(tolerance=1))[:2], Entry(path="golden/output_0.npy", content=npy(other), role="golden"))
    assert outcomes(tmp_path, vectors) == {"litert-default": Outcome(engine="litert-default", count=5)}


def test_no_number_is_never_within_a_tolerance() -> None:
    from packager.measure.golden import _difference

    bad, good = np.array([[np.nan]], np.float32), np.array([[1]], np.float32)
    assert _difference([bad], [good], 100)
    assert _difference([good], [bad], 100)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (np.zeros((5, 3), np.uint8), "output 0 is int8 [5, 3] instead of uint8 [5, 3]"),
        (np.zeros((5, 4), np.int8), "output 0 is int8 [5, 3] instead of int8 [5, 4]"),
    ],
)
def test_another_type_or_shape_is_a_difference(tmp_path: Path, other: np.ndarray[Any, Any], words: str) -> None:
    found = outcomes(tmp_path, replaced("golden/output_0.npy", npy(other)))
    assert found["litert-default"].difference.startswith(words)


def test_the_first_layer_that_differs_is_named(tmp_path: Path) -> None:
    other = expected()
    other[0, 0] ^= 1
    vectors = (
        *golden({"layers": [{"index": 0, "name": "dense", "crc32": "00000000"}]})[:2],
        Entry(path="golden/output_0.npy", content=npy(other), role="golden"),
    )
    found = outcomes(tmp_path, vectors)
    assert found["litert-default"].difference.endswith("first at FULLY_CONNECTED #0 'dense'")


def test_where_every_layer_agrees_it_is_the_engine(tmp_path: Path) -> None:
    other = expected()
    other[0, 0] ^= 1
    found = outcomes(tmp_path, replaced("golden/output_0.npy", npy(other)))
    assert found["litert-default"].difference.endswith("it is the engine that computes otherwise")


def test_another_runtime_is_named_as_the_likely_cause(tmp_path: Path) -> None:
    other = expected()
    other[0, 0] ^= 1
    vectors = (
        *golden(engines(version="1.0", instruction_set="armv7l"))[:2],
        Entry(path="golden/output_0.npy", content=npy(other), role="golden"),
    )
    assert "made with ai-edge-litert 1.0 on armv7l" in outcomes(tmp_path, vectors)["litert-default"].hint


def test_an_engine_that_is_not_here_is_skipped_with_the_reason(tmp_path: Path) -> None:
    table = json.loads(golden()[0].content)["engines"]
    vectors = golden({"engines": {"abacus": table["litert-default"], **table}})
    found = outcomes(tmp_path, vectors)
    assert "no engine is called 'abacus'" in found["abacus"].skipped
    assert not found["litert-default"].skipped


def test_a_bundle_without_vectors_has_no_outcome(tmp_path: Path) -> None:
    assert outcomes(tmp_path, ()) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"count": 1, "inputs": {}, "engines": {}, "layers": []}',
        b'{"count": 1, "inputs": [], "engines": {"litert": 3}, "layers": []}',
        b'{"count": 1, "inputs": [], "engines": {"litert": {"outputs": [], "tolerance": "1"}}, "layers": []}',
        b'{"count": 1, "inputs": ["../../etc/passwd"], "engines": {}, "layers": []}',
        b'{"count": 1, "inputs": [["golden/input_0.npy"]], "engines": {}, "layers": []}',
    ],
)
def test_a_malformed_index_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(IntegrityError, match=r"golden\.json"):
        outcomes(tmp_path, replaced("golden/golden.json", content))


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.array([print], object), allow_pickle=True)
    for content in (buffer.getvalue(), b"", b"\x80\x05."):
        with pytest.raises(IntegrityError, match="is no array"):
            outcomes(tmp_path, replaced("golden/input_0.npy", content))


def test_inputs_that_the_artifact_does_not_take_are_told(tmp_path: Path) -> None:
    found = outcomes(tmp_path, replaced("golden/input_0.npy", npy(tiny_inputs().astype(np.int16))))
    assert all("it does not run: input" in outcome.difference for outcome in found.values())
    assert all("int16" in outcome.difference for outcome in found.values())


def failing(error: EdgePackError) -> Callable[[str], Run]:
    def run(bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:  # noqa: ARG001 - an engine
        raise error

    return lambda _: run


@pytest.mark.parametrize(
    ("error", "excused"),
    [
        (ToolError("no C++ compiler is here", hint="install g++"), True),
        (ToolError("_outputs crashed with SIGSEGV", details="(it printed nothing)"), False),
        (UnsupportedError("LiteRT refuses the model"), False),
    ],
)
def test_a_missing_tool_excuses_and_a_failing_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: EdgePackError, *, excused: bool
) -> None:
    monkeypatch.setattr("packager.measure.golden.find_engine", failing(error))
    outcome = outcomes(tmp_path, golden())["litert-default"]
    assert outcome.skipped == (str(error) if excused else "")
    assert outcome.difference == ("" if excused else f"it does not run: {error}")
    assert outcome.hint == error.hint
