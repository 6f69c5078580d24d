"""What the Edge TPU compiler made of a model, read from the compiled file itself; the compiler is not needed.

The operator ``edgetpu-custom-op`` carries a flexbuffer map whose entry "4" is a package: a flatbuffer `DWN1` of
libedgetpu's public schema (`executable/executable.fbs`), with executables inside. Field numbers are that schema's.
"""

import dataclasses
import enum
import struct

from packager.errors import UnsupportedError
from packager.figure import Basis, Figure
from packager.ir import Model
from packager.plan._flatbuffer import FlatTable

CUSTOM_OP = "edgetpu-custom-op"
_IDENTIFIER = b"DWN1"
_PACKAGE_KEY = "4"
_DAMAGE = (ValueError, TypeError, IndexError, KeyError, OverflowError, AssertionError, AttributeError, struct.error)
"""What the flexbuffers library raises when it follows a damaged offset."""
_MOST_EXECUTABLES = 1024


class ExecutableKind(enum.IntEnum):
    """What an executable is for; the schema's numbers."""

    STAND_ALONE = 0
    """Streams its parameters at each inference, if it has any."""
    PARAMETER_CACHING = 1
    """Loads parameters into the chip's memory, once."""
    EXECUTION_ONLY = 2
    """Runs with what is cached, and streams the rest at each inference."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Executable:
    kind: ExecutableKind
    parameter_bytes: int
    caching_token: int
    """Equal in models that were compiled together: they share the memory."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EdgeTpuPackage:
    """One ``edgetpu-custom-op``."""

    index: int
    """Of the operator in the main graph."""
    min_runtime: int
    """The oldest libedgetpu that runs it."""
    compiler: str
    """The release that made it, as the file says; empty where it does not."""
    executables: tuple[Executable, ...]

    @property
    def cached_bytes(self) -> int:
        return self._bytes(ExecutableKind.PARAMETER_CACHING)

    @property
    def streamed_bytes(self) -> int:
        streaming = self._bytes(ExecutableKind.EXECUTION_ONLY)
        return streaming or (0 if self.cached_bytes else self._bytes(ExecutableKind.STAND_ALONE))

    @property
    def caching_token(self) -> int:
        return next((e.caching_token for e in self.executables if e.caching_token), 0)

    def _bytes(self, kind: ExecutableKind) -> int:
        return sum(e.parameter_bytes for e in self.executables if e.kind is kind)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class CompiledModel:
    packages: tuple[EdgeTpuPackage, ...]
    left: tuple[str, ...]
    """The operators that stay on the CPU, as `Graph.where` names them."""

    @property
    def cached_bytes(self) -> int:
        return sum(p.cached_bytes for p in self.packages)

    @property
    def streamed_bytes(self) -> int:
        return sum(p.streamed_bytes for p in self.packages)

    @property
    def min_runtime(self) -> int:
        return max(p.min_runtime for p in self.packages)

    def figures(self) -> tuple[Figure, ...]:
        rows = (("edgetpu.cached.bytes", self.cached_bytes), ("edgetpu.streamed.bytes", self.streamed_bytes))
        source = "the executables in the compiled file"
        return tuple(Figure(name=n, value=v, unit="B", basis=Basis.MEASURED, source=source) for n, v in rows)


def read_compiled(model: Model) -> CompiledModel | None:
    """Return what the compiler put into a model; None for one that it did not touch.

    Raises:
        UnsupportedError: a package is damaged, or no Edge TPU's.
    """
    graph = model.main
    packages = tuple(
        _package(model, i, node.custom_options or b"")
        for i, node in enumerate(graph.nodes)
        if node.custom_code == CUSTOM_OP
    )
    if not packages:
        return None
    inside = {p.index for p in packages}
    left = tuple(graph.where(i) for i in range(len(graph.nodes)) if i not in inside)
    return CompiledModel(packages=packages, left=left)


def _package(model: Model, index: int, options: bytes) -> EdgeTpuPackage:
    try:
        package = FlatTable.root(_packed(options), _IDENTIFIER)
        serialized = FlatTable.root(package.data(1)).all_data(0)
        if not 0 < len(serialized) <= _MOST_EXECUTABLES:
            raise ValueError(f"it holds {len(serialized)} executables")
        return EdgeTpuPackage(
            index=index,
            min_runtime=package.number(0),
            compiler=package.data(4).decode(errors="replace"),
            executables=tuple(_executable(blob) for blob in serialized),
        )
    except _DAMAGE as error:
        raise UnsupportedError(
            f"{model.name}: {model.main.where(index)}: damaged Edge TPU package: {error}",
            hint="compile the model again, or copy the file again",
        ) from None


def _packed(options: bytes) -> bytes:
    from flatbuffers import flexbuffers

    packed: bytes = bytes(flexbuffers.GetRoot(options).AsMap[_PACKAGE_KEY].AsStringBytes)
    return packed


def _executable(blob: bytes) -> Executable:
    table = FlatTable.root(blob)
    return Executable(
        kind=ExecutableKind(table.number(13, "h")),
        parameter_bytes=len(table.data(6)),
        caching_token=table.number(14, "Q"),
    )
