"""The long way, for operators without a lowering here: onnx2tf, which goes through TensorFlow."""

import importlib.util
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from packager.errors import ToolError, UnsupportedError
from packager.frontends._tensorflow import converting

_MODULES = ("onnx2tf", "tensorflow", "tf_keras", "onnx_graphsurgeon", "sng4onnx", "onnxsim", "psutil")
# onnx2tf fetches this file for any model with an RGB input, and takes one in its working folder instead.
_IMAGES = "calibration_image_sample_data_20x128x128x3_float32.npy"


def convert(model: Any, path: Path, reason: str, keep: Collection[str] = ()) -> bytes:
    """Convert a static, simplified `ModelProto`.

    `reason` says what had no lowering; the inputs named in `keep` are no images and keep their order of axes.

    Runs in the process's own working folder, which `packager.util.child` makes for it.

    Raises:
        ToolError: onnx2tf or what it needs is not installed.
        UnsupportedError: it could not convert the model.
    """
    if missing := [m for m in _MODULES if importlib.util.find_spec(m) is None]:
        raise ToolError(
            f"{path}: {reason}; onnx2tf may convert it, but needs {', '.join(missing)}",
            hint="pip install 'edgepack[onnx]'",
        )
    np.save(_IMAGES, np.zeros((20, 128, 128, 3), np.float32))
    import onnx2tf

    with tempfile.TemporaryDirectory() as folder, converting(path):
        try:
            onnx2tf.convert(
                onnx_graph=model,
                output_folder_path=folder,
                keep_shape_absolutely_input_names=list(keep) or None,
                copy_onnx_input_output_names_to_tflite=True,
                non_verbose=True,
                verbosity="error",
            )
        except (SystemExit, Exception) as error:  # noqa: BLE001 - it exits, or lets out whatever TensorFlow raised
            raise UnsupportedError(
                f"{path}: {reason}, and onnx2tf can't convert it either",
                hint="replace the operator, or cut the model before it",
                details=f"{type(error).__name__}: {error}",
            ) from None
        found = sorted(Path(folder).glob("*_float32.tflite"))
        if not found:
            raise UnsupportedError(f"{path}: onnx2tf wrote no float model", hint="replace the operator it stops at")
        return found[0].read_bytes()
