"""A project whose streams are as deep as its timed simulation needed, in place of what is safe without one."""

import dataclasses
import json
from collections.abc import Iterable, Mapping

from packager.bundle import Entry
from packager.data import data_dir
from packager.emit.hls._render import rendered
from packager.plan.fpga_estimate import Cost, fifo, total

_HEADER, _ESTIMATE = "src/depths.h", "estimate.json"


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sized:
    files: tuple[Entry, ...]
    before: Cost
    """Of all streams."""
    after: Cost


def sized(files: Iterable[Entry], depths: Mapping[str, int]) -> Sized:
    """Return a project's files with other depths of streams.

    Args:
        files: with the project's `src/depths.h` and `estimate.json` among them.
        depths: by stream; those that are not named stay.
    """
    entries = tuple(files)
    (old,) = (e for e in entries if e.path.endswith(f"/{_ESTIMATE}"))
    document = json.loads(old.content)
    before = _cost(document["streams"])
    for row in document["streams"]:
        row["depth"] = depths.get(row["stream"], row["depth"])
    template = (data_dir("templates") / "hls" / f"{_HEADER}.j2").read_text("utf-8")
    context = {"simulated": True, "depths": {row["stream"]: row["depth"] for row in document["streams"]}}
    texts = {_HEADER: rendered(template, context), _ESTIMATE: json.dumps(document, indent=1) + "\n"}
    return Sized(files=tuple(_replaced(e, texts) for e in entries), before=before, after=_cost(document["streams"]))


def _cost(streams: Iterable[Mapping[str, int]]) -> Cost:
    return total([fifo(row["bits"], row["depth"]) for row in streams])


def _replaced(entry: Entry, texts: Mapping[str, str]) -> Entry:
    text = next((text for path, text in texts.items() if entry.path.endswith(f"/{path}")), None)
    return entry if text is None else dataclasses.replace(entry, content=text.encode())
