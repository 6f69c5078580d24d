"""``manifest.json``: what a bundle is, what it was made from, and every file with its digest."""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from packager.bundle.entry import STEM, component_problem, path_problems
from packager.errors import IntegrityError

MANIFEST = "manifest.json"
SCHEMA = 1
MANIFEST_LIMIT = 16 << 20
"""Bytes; a larger one is not ours. It bounds the memory that reading a hostile bundle takes."""

T = TypeVar("T")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_LATER: Mapping[str, Any] = {
    "training": "", "training_sha256": "", "evaluation": "", "evaluation_sha256": "", "steps": [],
}  # fmt: skip
"""Keys of an origin that the first manifests of this schema lack."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FileRecord:
    path: str
    role: str
    mode: str
    """``0644`` or ``0755``."""
    bytes: int
    sha256: str

    @property
    def bits(self) -> int:
        return int(self.mode, 8)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """What the bundle was made from, and with: all that a second build needs to give the same bytes."""

    source: str = ""
    """The model's file name, without its folder."""
    source_sha256: str = ""
    recipe: str = ""
    arithmetic: str = ""
    seeds: Mapping[str, int] = dataclasses.field(default_factory=dict)
    calibration: str = ""
    """The calibration set's file name, ``random``, or empty where none was used."""
    calibration_sha256: str = ""
    training: str = ""
    """The file that steps of compression were trained on, or empty."""
    training_sha256: str = ""
    evaluation: str = ""
    """The labelled inputs that the report's accuracy is of, or empty."""
    evaluation_sha256: str = ""
    steps: Sequence[Mapping[str, Any]] = ()
    """Of compression, in order, each with its name as ``step`` and its options as they were given; of a file among them
    its name, without its folder, and beside it ``<option>_sha256``."""
    tools: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Distribution or program to version."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    name: str
    version: str
    target: str
    artifact: str = ""
    """Path of the file that the device runs."""
    engine: str = ""
    """The engine that runs the artifact on a workstation: ``litert``, ``onnxruntime``, ``hls``."""
    engines: tuple[str, ...] = ()
    """Every engine that can."""
    origin: Origin = dataclasses.field(default_factory=Origin)
    files: tuple[FileRecord, ...] = ()
    """Every file but the manifest itself, sorted by path."""

    @property
    def stem(self) -> str:
        """The bundle's folder, and its archive without the ending."""
        return f"{self.name}-{self.version}-{self.target}"

    def to_bytes(self) -> bytes:
        """Return the JSON text: keys in a fixed order, files and tools sorted, so that equal bundles are equal."""
        table = dataclasses.asdict(self)
        for key in ("seeds", "tools"):
            table["origin"][key] = dict(sorted(table["origin"][key].items()))
        table["files"] = sorted(table["files"], key=lambda record: record["path"])
        return (json.dumps({"schema": SCHEMA, **table}, indent=2) + "\n").encode("ascii")


def parse_manifest(content: bytes, *, source: str) -> Manifest:
    """Read a manifest that may be hostile: nothing in it is believed before its form is checked.

    Raises:
        IntegrityError: not a manifest of this schema, or a path or digest in it that no bundle of ours has.
    """
    reader = _Reader(source)
    try:
        table = json.loads(content, parse_constant=reader.fail)
    except (ValueError, RecursionError) as error:
        reader.fail(str(error))
    schema = reader.take(table, "schema", int)
    if schema != SCHEMA:
        reader.fail(f"schema {schema} is not {SCHEMA}", hint="it was written by another version of EdgePack")
    manifest = Manifest(
        **{key: reader.take(table, key, str) for key in ("name", "version", "target", "artifact", "engine")},
        engines=tuple(reader.each(reader.take(table, "engines", list), str)),
        origin=reader.origin(reader.take(table, "origin", dict)),
        files=tuple(reader.record(item) for item in reader.each(reader.take(table, "files", list), dict)),
    )
    if problems := manifest_problems(manifest):
        reader.fail("; ".join(problems))
    return manifest


def manifest_problems(manifest: Manifest) -> list[str]:
    """Say what keeps a manifest from describing a bundle that is safe to write anywhere."""
    words = {"name": manifest.name, "version": manifest.version, "target": manifest.target}
    problems = [f"{key} {text!a}: {why}" for key, text in words.items() if (why := component_problem(text))]
    if len(manifest.stem) > STEM:
        problems.append(f"{manifest.stem!a} is longer than {STEM} characters")
    paths = [record.path for record in manifest.files]
    problems += path_problems([MANIFEST, *paths])
    if manifest.artifact and manifest.artifact not in paths:
        problems.append(f"the artifact {manifest.artifact!a} is not among the files")
    return problems


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    """Takes typed values out of parsed JSON."""

    source: str

    def fail(self, why: str, *, hint: str = "build or fetch the bundle again") -> NoReturn:
        raise IntegrityError(f"{self.source}: not a sound manifest: {why}", hint=hint)

    def take(self, table: Any, key: str, kind: type[T]) -> T:
        if not isinstance(table, dict) or not isinstance(value := table.get(key), kind) or isinstance(value, bool):
            self.fail(f"{key!r} must be {kind.__name__}")
        return value

    def each(self, items: list[Any], kind: type[T]) -> list[T]:
        if not all(isinstance(item, kind) for item in items):
            self.fail(f"a list holds something else than {kind.__name__}")
        return items

    def origin(self, table: dict[str, Any]) -> Origin:
        table = {**_LATER, **table}
        words = {f.name: self.take(table, f.name, str) for f in dataclasses.fields(Origin) if f.type is str}
        seeds, tools = self.take(table, "seeds", dict), self.take(table, "tools", dict)
        self.each(list(seeds.values()), int)
        self.each(list(tools.values()), str)
        steps = self.each(self.take(table, "steps", list), dict)
        return Origin(**words, seeds=seeds, steps=tuple(steps), tools=tools)

    def record(self, table: dict[str, Any]) -> FileRecord:
        words = {key: self.take(table, key, str) for key in ("path", "role", "mode", "sha256")}
        record = FileRecord(**words, bytes=self.take(table, "bytes", int))
        if not _SHA256.match(record.sha256) or record.bytes < 0 or record.mode not in {"0644", "0755"}:
            self.fail(f"the record of {record.path!a} is malformed")
        return record
