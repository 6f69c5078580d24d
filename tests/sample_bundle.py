"""A small bundle of an int8 model, with golden vectors, for the tests of what handles bundles."""

import io
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.bundle import Bundle, Entry, Origin
from packager.interp import reference
from packager.interp.litert import litert_version
from packager.ir import DType, GraphBuilder, Model, QuantParams, write_tflite

Array = npt.NDArray[Any]
IN = QuantParams.per_tensor(0.5, 1)
OUT = QuantParams.per_tensor(1.0, -2)


def tiny_model() -> Model:
    """One int8 fully connected layer, four values in, three out."""
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, IN)
    weights = np.array([[1, -2, 3, 4], [5, 6, -7, 8], [-9, 10, 11, -12]], np.int8)
    w = b.const(weights, "weights", QuantParams.per_tensor(0.25))
    c = b.const(np.array([8, -16, 24], np.int32), "bias", QuantParams.per_tensor(0.125))
    y = b.op(
        "FULLY_CONNECTED", [x, w, c], (1, 3), options="FullyConnectedOptions", name="dense", dtype=DType.INT8, quant=OUT
    )
    return b.model([y], name="tiny")


def tiny_inputs() -> Array:
    return np.random.default_rng(7).integers(-128, 128, (5, 4)).astype(np.int8)


def npy(array: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def golden(index: dict[str, Any] | None = None) -> tuple[Entry, ...]:
    """The vectors that the numpy interpreter computes, said to be LiteRT's and its own; `index` overrides fields."""
    model, inputs = tiny_model(), tiny_inputs()
    (outputs,) = reference.run(model, [inputs])
    facts = {"resolver": "", "instruction_set": platform.machine(), "tolerance": 0, "outputs": ["golden/output_0.npy"]}
    table = {
        "count": len(inputs),
        "inputs": ["golden/input_0.npy"],
        "engines": {
            "litert-default": {"runtime": "ai-edge-litert", "version": litert_version(), **facts},
            "numpy-xnnpack": {"runtime": "numpy", "version": np.__version__, **facts},
        },
        "layers": [
            {"index": layer.index, "name": layer.name, "crc32": f"{layer.crc32:08x}"}
            for layer in reference.layer_checksums(model, [inputs])
        ],
        **(index or {}),
    }
    return (
        Entry(path="golden/golden.json", content=json.dumps(table).encode(), role="golden"),
        Entry(path="golden/input_0.npy", content=npy(inputs), role="golden"),
        Entry(path="golden/output_0.npy", content=npy(outputs), role="golden"),
    )


def tiny_bundle(
    *,
    name: str = "tiny",
    version: str = "0.1.0",
    target: str = "host",
    vectors: tuple[Entry, ...] | None = None,
    note: str = "",
) -> Bundle:
    """A bundle to write; `note` makes its content another."""
    bundle = Bundle(
        name,
        version,
        target,
        artifact="model/model.tflite",
        engine="litert",
        engines=("litert", "numpy"),
        origin=Origin(source="tiny.tflite", recipe="int8", arithmetic="xnnpack", seeds={"calibration": 0}),
    )
    bundle.add(Entry(path="model/model.tflite", content=write_tflite(tiny_model()), role="model"))
    bundle.add(Entry(path="runtime/run.py", content=f"# {note}\n".encode(), role="runtime", executable=True))
    bundle.add(*(golden() if vectors is None else vectors))
    return bundle


def text_bundle(*, version: str = "0.1.0", target: str = "host", note: str = "", name: str = "words") -> Bundle:
    """A bundle without a model, made in no time."""
    bundle = Bundle(name, version, target)
    bundle.add(Entry(path="doc/note.txt", content=f"note {note}\n".encode(), role="doc"))
    bundle.add(Entry(path="runtime/start.sh", content=b"#!/bin/sh\n", role="runtime", executable=True))
    return bundle


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, hidden ones too: what a failed step must not change."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
