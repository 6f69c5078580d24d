"""Pools, reductions and normalizations: many values into one."""

from collections.abc import Callable
from typing import Any

from packager.ir import Graph, Node, Padding
from packager.train._contract import Call, Trainable


def _pooled(kind: str) -> Callable[[Call], Any]:
    def build(call: Call) -> Any:
        import tensorflow as tf

        attrs = call.attrs
        return getattr(tf.nn, kind)(
            call.inputs[0],
            [attrs["filter_height"], attrs["filter_width"]],
            [attrs["stride_h"], attrs["stride_w"]],
            Padding(attrs["padding"]).name,
        )

    return build


def _reduced(kind: str) -> Trainable:
    def build(call: Call) -> Any:
        import tensorflow as tf

        return getattr(tf, kind)(call.inputs[0], axis=call.ints(1), keepdims=bool(call.attrs["keep_dims"]))

    return Trainable(build=build, problem=_over_inputs)


def _over_inputs(graph: Graph, node: Node) -> str:
    axes, rank = graph.tensors[node.inputs[1]].data, len(graph.type_of(node.inputs[0]).dims)
    if axes is None:
        return "its axes are not constant"
    return "it reduces over the batch" if any(int(a) % rank == 0 for a in axes.ravel()) else ""


def _softmax(call: Call) -> Any:
    import tensorflow as tf

    return tf.nn.softmax(call.inputs[0] * call.attrs["beta"])


def _log_softmax(call: Call) -> Any:
    import tensorflow as tf

    return tf.nn.log_softmax(call.inputs[0])


def _l2(call: Call) -> Any:
    import tensorflow as tf

    return tf.nn.l2_normalize(call.inputs[0], axis=-1)


OPS = {
    "AVERAGE_POOL_2D": Trainable(build=_pooled("avg_pool2d"), carries=True),
    "MAX_POOL_2D": Trainable(build=_pooled("max_pool2d"), carries=True),
    "MEAN": _reduced("reduce_mean"),
    "SUM": _reduced("reduce_sum"),
    "REDUCE_MAX": _reduced("reduce_max"),
    "REDUCE_MIN": _reduced("reduce_min"),
    "SOFTMAX": Trainable(build=_softmax),
    "LOG_SOFTMAX": Trainable(build=_log_softmax),
    "L2_NORMALIZATION": Trainable(build=_l2),
}
