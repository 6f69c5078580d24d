"""Operators on one element, or on one of each of two inputs."""

from collections.abc import Callable
from typing import Any

from packager.train._contract import Call, Trainable


def _unary(name: str) -> Trainable:
    """A function of TensorFlow by its name under ``tf``: ``math.tanh``."""

    def build(call: Call) -> Any:
        return _function(name)(call.inputs[0])

    return Trainable(build=build)


def _binary(name: str) -> Trainable:
    def build(call: Call) -> Any:
        return _function(name)(call.inputs[0], call.inputs[1])

    return Trainable(build=build, weights={0: -1, 1: -1})


def _function(name: str) -> Callable[..., Any]:
    import tensorflow as tf

    found: Any = tf
    for part in name.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = found
    return function


def _relu_n1_to_1(call: Call) -> Any:
    import tensorflow as tf

    return tf.clip_by_value(call.inputs[0], -1.0, 1.0)


def _leaky_relu(call: Call) -> Any:
    import tensorflow as tf

    return tf.nn.leaky_relu(call.inputs[0], call.attrs["alpha"])


def _prelu(call: Call) -> Any:
    import tensorflow as tf

    return tf.nn.relu(call.inputs[0]) + call.inputs[1] * tf.minimum(call.inputs[0], 0.0)


def _hard_swish(call: Call) -> Any:
    import tensorflow as tf

    return call.inputs[0] * tf.nn.relu6(call.inputs[0] + 3.0) / 6.0


def _gelu(call: Call) -> Any:
    import tensorflow as tf

    return tf.nn.gelu(call.inputs[0], approximate=bool(call.attrs["approximate"]))


OPS = {
    "ABS": _unary("abs"),
    "COS": _unary("math.cos"),
    "ELU": _unary("nn.elu"),
    "EXP": _unary("math.exp"),
    "LOG": _unary("math.log"),
    "LOGISTIC": _unary("math.sigmoid"),
    "NEG": _unary("math.negative"),
    "RELU": _unary("nn.relu"),
    "RELU6": _unary("nn.relu6"),
    "RSQRT": _unary("math.rsqrt"),
    "SIN": _unary("math.sin"),
    "SQRT": _unary("math.sqrt"),
    "SQUARE": _unary("math.square"),
    "TANH": _unary("math.tanh"),
    "RELU_N1_TO_1": Trainable(build=_relu_n1_to_1),
    "LEAKY_RELU": Trainable(build=_leaky_relu),
    "PRELU": Trainable(build=_prelu, weights={1: -1}),
    "HARD_SWISH": Trainable(build=_hard_swish),
    "GELU": Trainable(build=_gelu),
    "ADD": _binary("math.add"),
    "SUB": _binary("math.subtract"),
    "MUL": _binary("math.multiply"),
    "DIV": _binary("math.divide"),
    "MAXIMUM": _binary("math.maximum"),
    "MINIMUM": _binary("math.minimum"),
    "POW": _binary("math.pow"),
    "SQUARED_DIFFERENCE": _binary("math.squared_difference"),
}
