"""Compiled Edge TPU files, built field by field: no compiler can be had here."""

import dataclasses

from flatbuffers import Builder, flexbuffers

from packager.ir import Model, Node


@dataclasses.dataclass(frozen=True)
class Part:
    """An executable: its kind's number and its parameters."""

    kind: int
    parameters: int
    token: int = 0xABCDEF0123456789


CACHED = (Part(2, 576), Part(1, 43_968))
"""As the compiler writes them: what runs, and what fills the memory before."""


class _Raw(bytes):
    """The compiler writes bytes as a string, which this builder wants to encode."""

    __slots__ = ()

    def encode(self, _: str) -> bytes:
        return self


def executable(part: Part) -> bytes:
    b = Builder()
    parameters = b.CreateByteVector(bytes(part.parameters))
    b.StartObject(17)
    b.PrependUOffsetTRelativeSlot(6, parameters, 0)
    b.PrependInt16Slot(13, part.kind, 0)
    b.PrependUint64Slot(14, part.token, 0)
    b.Finish(b.EndObject())
    return bytes(b.Output())


def multi_executable(parts: tuple[Part, ...]) -> bytes:
    b = Builder()
    offsets = [b.CreateString(executable(part)) for part in parts]
    b.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        b.PrependUOffsetTRelative(offset)
    vector = b.EndVector()
    b.StartObject(1)
    b.PrependUOffsetTRelativeSlot(0, vector, 0)
    b.Finish(b.EndObject())
    return bytes(b.Output())


def package(parts: tuple[Part, ...], min_runtime: int = 14, identifier: bytes = b"DWN1") -> bytes:
    b = Builder()
    inner = b.CreateByteVector(multi_executable(parts))
    compiler = b.CreateString("cl/384591198")
    b.StartObject(8)
    b.PrependInt32Slot(0, min_runtime, 0)
    b.PrependUOffsetTRelativeSlot(1, inner, 0)
    b.PrependUOffsetTRelativeSlot(4, compiler, 0)
    b.Finish(b.EndObject(), file_identifier=identifier)
    return bytes(b.Output())


def options(packed: bytes) -> bytes:
    """The custom operator's options, with a package in them."""
    b = flexbuffers.Builder()
    with b.Map():
        b.Key("1")
        b.Int(0)
        b.Key("4")
        b.String(_Raw(packed))
        b.Key("5")
        b.Int(-1)
    return bytes(b.Finish())


def compiled(model: Model, inside: slice, custom_options: bytes) -> Model:
    """The model with the operators of `inside` in one custom operator; the last one's outputs become its own."""
    graph = model.main
    taken = graph.nodes[inside]
    made = {t for node in taken for t in node.outputs}
    read = tuple(
        dict.fromkeys(t for n in taken for t in n.inputs if t not in made and not graph.tensors[t].is_constant)
    )
    custom = Node(
        op="CUSTOM",
        custom_code="edgetpu-custom-op",
        custom_options=custom_options,
        inputs=read,
        outputs=taken[-1].outputs,
    )
    nodes = (*graph.nodes[: inside.start], custom, *graph.nodes[inside.stop :])
    return model.with_main(dataclasses.replace(graph, nodes=nodes))
