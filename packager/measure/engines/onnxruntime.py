"""onnxruntime: runs an `.onnx` artifact on the CPU, in a child process."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from packager.errors import ConfigError, UnsupportedError
from packager.measure.engines import Array
from packager.util import child
from packager.util.ort import session_options


def run(bundle: Path, artifact: Path, inputs: Sequence[Array]) -> tuple[Array, ...]:  # noqa: ARG001 - an engine's signature
    outputs: tuple[Array, ...] = child.call(_run, str(artifact), list(inputs))
    return outputs


def _run(path: str, inputs: list[Array]) -> tuple[Array, ...]:
    import onnxruntime as ort
    from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

    try:
        session = ort.InferenceSession(path, session_options(), providers=["CPUExecutionProvider"])
    except (
        ort_errors.Fail,
        ort_errors.InvalidArgument,
        ort_errors.InvalidGraph,
        ort_errors.InvalidProtobuf,
        ort_errors.NotImplemented,
        ort_errors.RuntimeException,
    ) as error:
        raise UnsupportedError(f"onnxruntime {ort.__version__} refuses the model: {error}") from None
    names = [port.name for port in session.get_inputs()]
    if len(names) != len(inputs):
        raise ConfigError(f"the model has {len(names)} inputs, {len(inputs)} arrays were given")
    try:
        found = [
            session.run(None, {name: array[i : i + 1] for name, array in zip(names, inputs, strict=True)})
            for i in range(len(inputs[0]))
        ]
    except ort_errors.InvalidArgument as error:
        raise ConfigError(f"the inputs do not fit the model: {error}") from None
    return tuple(np.concatenate(values) for values in zip(*found, strict=True))
