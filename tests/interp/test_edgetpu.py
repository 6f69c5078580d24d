"""Public models of other makers against LiteRT: uint8 and int8, detection and classification."""

import numpy as np
import pytest
from ops.judging import inputs_for
from reference import reference

from packager.interp import litert
from packager.interp import reference as ours
from packager.ir import read_tflite

BOTH = {"integer": "reference", "xnnpack": "default"}
ONE = {"xnnpack": "default"}
"""LiteRT's reference softmax aborts on a row of equal logits, and these models' weights are zeroed."""
MODELS = {
    "00_yolov8n_full_integer_quant": BOTH,
    "05_N100-nMACs1485619200_quant": BOTH,
    "10_firstTest_quant": BOTH,
    "14_mobilenet_v1_0.25_128_quant": ONE,
    "22_model_dense_2x2x3x100x100": BOTH,
    "24_model_padding_128x128x3": BOTH,
    "27_mnist": BOTH,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_the_same_integers(name: str) -> None:
    path = reference(f"edgetpu/{name}.tflite")
    model = read_tflite(path)
    inputs = inputs_for(model, 1)
    for arithmetic, resolver in MODELS[name].items():
        theirs = litert.run_litert(path.read_bytes(), inputs, resolver=resolver)
        for mine, yours in zip(ours.run(model, inputs, arithmetic), theirs, strict=True):
            np.testing.assert_array_equal(mine, yours, err_msg=arithmetic)
