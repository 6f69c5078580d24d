"""LiteRT's quantizer with its own calibration; for a child process, for two of them in one process don't live long."""

import numpy as np


def feed_and_quantize(
    blob: bytes,
    inputs: list[np.ndarray],
    types: tuple[str, str, str, str],
    per_tensor_dense: bool,  # noqa: FBT001 - positional through the child
) -> bytes:
    from ai_edge_litert import _pywrap_tensorflow_lite_calibration_wrapper as binding

    quantizer = binding.CalibrationWrapper(blob, [], [])
    quantizer.Prepare([[1, *array.shape[1:]] for array in inputs])
    for i in range(len(inputs[0])):
        quantizer.FeedTensor([array[i : i + 1].copy() for array in inputs])
    numbers = [np.dtype(name).num for name in types]
    allow_float, per_tensor = False, False
    return bytes(quantizer.QuantizeModel(*numbers[:2], allow_float, *numbers[2:], per_tensor, per_tensor_dense))
