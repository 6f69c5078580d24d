"""What a front end is: suffixes it answers to, and a function from a file to a `Source`."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from packager.errors import Diagnostic
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A model as it was given."""

    model: Model
    onnx: bytes | None = None
    """Where the source is an ONNX graph: that graph, checked, its shapes static, its weights inside. None once `model`
    computes something else."""
    format: str
    """The front end's name: ``tflite``, ``keras``."""
    path: Path
    bytes: int
    sha256: str
    """Of the file; of names and contents for a folder, or where the model has weights in files of their own."""
    input_shapes: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    """Of the shapes that were given, those that `model` still needs: none once a front end has made it static, whose
    inputs may have another order of axes by then."""
    notes: tuple[Diagnostic, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    """Name and version of what read it, for the manifest."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    input_shapes: Mapping[str, tuple[int, ...]] = dataclasses.field(default_factory=dict)
    """By input name; the empty name stands for the only input."""


class Frontend(Protocol):
    """A module `packager.frontends.<name>` exports one as `FRONTEND`."""

    def accepts(self, path: Path) -> bool:
        """Whether the file's name or a folder's layout says that it is of this format; opens nothing heavy."""

    def read(self, path: Path, options: ReadOptions) -> Source: ...
