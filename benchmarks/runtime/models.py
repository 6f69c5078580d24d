"""Writes three ImageNet classifiers as int8 TFLite files, with random weights: for time and size, not for accuracy.

python benchmarks/runtime/models.py FOLDER        (needs the extra `tensorflow`)
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

SIDE = 224
NETWORKS = {
    "mobilenet_v1": keras.applications.MobileNet,
    "mobilenet_v2": keras.applications.MobileNetV2,
    "resnet50": keras.applications.ResNet50,
}


def samples() -> Iterator[list[np.ndarray]]:
    rng = np.random.default_rng(0)
    for _ in range(4):
        yield [rng.normal(size=(1, SIDE, SIDE, 3)).astype(np.float32)]


def quantized(network: keras.Model) -> bytes:
    """The network with a batch of one, all of it int8."""
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = samples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, network in NETWORKS.items():
        keras.utils.set_random_seed(0)
        path = folder / f"{name}.tflite"
        path.write_bytes(quantized(network(weights=None, input_tensor=keras.Input((SIDE, SIDE, 3), batch_size=1))))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
