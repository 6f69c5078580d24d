"""A `Source` out of a model and the file or folder it came from."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from packager.errors import Diagnostic
from packager.frontends._contract import Source
from packager.ir import Model, Tensor
from packager.util.hashing import sha256_bytes, sha256_file, sha256_tree


def source_of(
    path: Path,
    format_: str,
    model: Model,
    *,
    notes: tuple[Diagnostic, ...] = (),
    tools: tuple[tuple[str, str], ...] = (),
    beside: tuple[str, ...] = (),
    onnx: bytes = b"",
) -> Source:
    """State what was read; `beside` names further files of the model, relative to its folder, `onnx` its graph."""
    files = [p for p in path.rglob("*") if p.is_file()] if path.is_dir() else [path, *(path.parent / b for b in beside)]
    size = sum(p.stat().st_size for p in files)
    if path.is_dir():
        digest = sha256_tree(path)
    elif beside:
        digest = sha256_bytes("".join(f"{p.name}\0{sha256_file(p)}\n" for p in files).encode())
    else:
        digest = sha256_file(path)
    return Source(
        model=model,
        format=format_,
        path=path,
        bytes=size,
        sha256=digest,
        notes=notes,
        tools=tools,
        onnx=onnx or None,
    )


def with_public_names(model: Model, better: Mapping[str, str]) -> Model:
    """Give input and output tensors the names that the user gave, and name them alike in the signature.

    TensorFlow's converter calls tensors ``serving_default_image:0`` and ``StatefulPartitionedCall_1:0`` and keeps the
    user's names in the signature alone; `better` replaces those of them that are not the user's either.
    """
    signatures = tuple(
        dataclasses.replace(s, inputs=_renamed(s.inputs, better), outputs=_renamed(s.outputs, better))
        for s in model.signatures
    )
    graph = model.main
    ours = {t: name for s in signatures[:1] for name, t in (*s.outputs, *s.inputs) if name}
    taken = {tensor.name for t, tensor in enumerate(graph.tensors) if t not in ours}

    def rename(index: int, tensor: Tensor) -> Tensor:
        name = ours.get(index, "")
        return dataclasses.replace(tensor, name=name) if name and name not in taken else tensor

    return dataclasses.replace(model.with_main(graph.with_tensors(rename)), signatures=signatures)


def _renamed(pairs: tuple[tuple[str, int], ...], better: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    return tuple((better.get(name, name), t) for name, t in pairs)
