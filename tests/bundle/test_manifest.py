import json
from typing import Any

import pytest

from packager.bundle import FileRecord, Manifest, Origin, parse_manifest
from packager.errors import IntegrityError

SHA = "ab" * 32
MANIFEST = Manifest(
    name="digits",
    version="1.2.0",
    target="raspberrypi-4",
    artifact="model/model.tflite",
    engine="litert",
    engines=("litert", "numpy"),
    origin=Origin(
        source="d\u00fcgits.keras",
        source_sha256=SHA,
        seeds={"b": 1, "a": 2},
        tools={"y": "1", "x": "2"},
        training="t.npz",
        training_sha256=SHA,
        steps=({"step": "finetune", "augment": {"flip": [2]}},),
    ),
    files=(
        FileRecord(path="model/model.tflite", role="model", mode="0644", bytes=3, sha256=SHA),
        FileRecord(path="doc/x", role="doc", mode="0755", bytes=0, sha256=SHA),
    ),
)


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(MANIFEST.to_bytes()), **fields}).encode()


def with_record(**fields: Any) -> bytes:
    record = {"path": "a", "role": "doc", "mode": "0644", "bytes": 1, "sha256": SHA, **fields}
    return changed(files=[record], artifact="")


def with_origin(**fields: Any) -> bytes:
    return changed(origin={**json.loads(MANIFEST.to_bytes())["origin"], **fields})


def test_reads_what_it_writes() -> None:
    again = parse_manifest(MANIFEST.to_bytes(), source="here")
    assert again.to_bytes() == MANIFEST.to_bytes()
    assert again.origin == MANIFEST.origin
    assert [record.path for record in again.files] == ["doc/x", "model/model.tflite"]


def test_a_manifest_of_before_training_was_told_is_read() -> None:
    table = json.loads(MANIFEST.to_bytes())
    for key in ("training", "training_sha256", "evaluation", "evaluation_sha256", "steps"):
        del table["origin"][key]
    assert parse_manifest(json.dumps(table).encode(), source="here").origin.steps == ()


def test_equal_manifests_are_equal_bytes_whatever_the_order_they_were_filled_in() -> None:
    import dataclasses

    other = dataclasses.replace(
        MANIFEST,
        origin=dataclasses.replace(MANIFEST.origin, tools={"x": "2", "y": "1"}, seeds={"a": 2, "b": 1}),
        files=MANIFEST.files[::-1],
    )
    assert other.to_bytes() == MANIFEST.to_bytes()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "Expecting value"),
        (b"\xff\xfe{", "decode"),
        (b"[" * 100_000, "recursion"),
        (b"[1]", "'schema' must be int"),
        (changed(schema=2), "schema 2 is not 1"),
        (changed(schema=True), "'schema' must be int"),
        (changed(name=3), "'name' must be str"),
        (changed(name="../up"), "name '../up'"),
        (changed(target="con"), "Windows"),
        (changed(version="x" * 90), "longer than 100"),
        (changed(artifact="model/other.tflite"), "not among the files"),
        (changed(engines="litert"), "'engines' must be list"),
        (changed(engines=[1]), "something else than str"),
        (changed(origin=[]), "'origin' must be dict"),
        (with_origin(steps={}), "'steps' must be list"),
        (with_origin(steps=["finetune"]), "something else than dict"),
        (with_origin(training=1), "'training' must be str"),
        (changed(files=[1]), "something else than dict"),
        (changed(files={}), "'files' must be list"),
        (MANIFEST.to_bytes().replace(b'"bytes": 3', b'"bytes": NaN'), "NaN"),
        (with_record(path="../../etc/passwd"), "'../../etc/passwd'"),
        (with_record(path="manifest.json"), "there twice"),
        (with_record(path="Manifest.JSON"), "there twice"),
        (with_record(sha256="AB" * 32), "malformed"),
        (with_record(sha256="ab"), "malformed"),
        (with_record(bytes=-1), "malformed"),
        (with_record(bytes=1.5), "'bytes' must be int"),
        (with_record(mode="4755"), "malformed"),
    ],
)
def test_refuses_a_manifest_that_is_not_sound(content: bytes, word: str) -> None:
    with pytest.raises(IntegrityError, match="not a sound manifest") as caught:
        parse_manifest(content, source="here")
    assert word in str(caught.value)
    assert str(caught.value).startswith("here: ")
    assert caught.value.hint
