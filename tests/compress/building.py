"""A small network on disk with its data, and a request to build it."""

import dataclasses
from pathlib import Path

import numpy as np
from ops.judging import litert
from prune.networks import Array, Network

from packager.config.request import BuildRequest
from packager.ir import Model, Tensor, write_tflite


def network(*, integer: bool = False) -> Model:
    n = Network(3, integer=integer)
    y = n.conv(n.conv(n.input(1, 6, 6, 2), 24, 3), 16, 3)
    return n.model(n.dense(n.mean(y), 4))


def centred(model: Model, x: Array) -> Model:
    """The model with its mean outputs at 0, so that all classes occur."""
    (outputs,) = litert(model, [x], "BUILTIN")
    at = model.main.nodes[-1].inputs[2]

    def lowered(index: int, tensor: Tensor) -> Tensor:
        if index != at or tensor.data is None:
            return tensor
        return dataclasses.replace(tensor, data=tensor.data - outputs.mean(axis=0))

    return model.with_main(model.main.with_tensors(lowered))


def request(tmp_path: Path, **changes: object) -> BuildRequest:
    """A request whose labels are what the model itself says."""
    x = np.random.default_rng(0).normal(0, 1, (60, 6, 6, 2)).astype(np.float32)
    model = centred(network(), x)
    path = tmp_path / "network.tflite"
    path.write_bytes(write_tflite(model))
    np.savez(tmp_path / "inputs.npz", x=x)
    np.savez(tmp_path / "labelled.npz", x=x, y=litert(model, [x], "BUILTIN")[0].argmax(axis=1))
    asked = BuildRequest(
        model=path, targets=("host",), out=tmp_path / "dist", calibration=str(tmp_path / "inputs.npz"),
        eval=tmp_path / "labelled.npz", prune="0.4", measure=False,
    )  # fmt: skip
    return dataclasses.replace(asked, **changes)  # type: ignore[arg-type]  # a test's shorthand
