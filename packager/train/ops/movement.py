"""Operators that move, pick or repeat values: the integers of their output mean what those of their input mean."""

from collections.abc import Callable
from typing import Any

from packager.ir import Graph, MirrorMode, Node
from packager.train._contract import Call, Trainable


def _shaped(call: Call) -> Any:
    """RESHAPE and its kin: the batch stays in front."""
    import tensorflow as tf

    return tf.reshape(call.inputs[0], [-1, *call.output.dims[1:]])


def _transposed(call: Call) -> Any:
    import tensorflow as tf

    return tf.transpose(call.inputs[0], call.ints(1))


def _transpose_problem(graph: Graph, node: Node) -> str:
    order = graph.tensors[node.inputs[1]].data
    if order is None:
        return "its order of axes is not constant"
    return "it moves the batch" if int(order.ravel()[0]) else ""


def _concatenated(call: Call) -> Any:
    """A constant part is repeated for every input of the batch."""
    import tensorflow as tf

    axis = call.attrs["axis"] % len(call.output.dims)
    count = next(tf.shape(x)[0] for x in call.inputs if tf.is_tensor(x))
    parts = [x if tf.is_tensor(x) else tf.repeat(tf.convert_to_tensor(x), count, 0) for x in call.inputs]
    return tf.concat(parts, axis)


def _concat_problem(graph: Graph, node: Node) -> str:
    axis = node.attrs["axis"] % len(graph.type_of(node.outputs[0]).dims)
    return "" if axis else "it joins along the batch"


def _padded(call: Call) -> Any:
    import tensorflow as tf

    value = float(call.inputs[2].ravel()[0]) if call.has(2) else 0.0
    return tf.pad(call.inputs[0], call.inputs[1], constant_values=value)


def _mirrored(call: Call) -> Any:
    import tensorflow as tf

    return tf.pad(call.inputs[0], call.inputs[1], mode=MirrorMode(call.attrs["mode"]).name)


def _pad_problem(graph: Graph, node: Node) -> str:
    edges = graph.tensors[node.inputs[1]].data
    if edges is None or any(graph.tensors[t].data is None for t in node.inputs[2:3]):
        return "its edges are not constant"
    return "it pads the batch" if edges[0].any() else ""


def _bilinear(call: Call) -> Any:
    import tensorflow as tf

    size, attrs = call.ints(1), call.attrs
    return tf.raw_ops.ResizeBilinear(
        images=call.inputs[0],
        size=size,
        align_corners=bool(attrs["align_corners"]),
        half_pixel_centers=bool(attrs["half_pixel_centers"]),
    )


def _nearest(call: Call) -> Any:
    import tensorflow as tf

    size, attrs = call.ints(1), call.attrs
    return tf.raw_ops.ResizeNearestNeighbor(
        images=call.inputs[0],
        size=size,
        align_corners=bool(attrs["align_corners"]),
        half_pixel_centers=bool(attrs["half_pixel_centers"]),
    )


def _sliced(call: Call) -> Any:
    import tensorflow as tf

    return tf.slice(call.inputs[0], [0, *call.ints(1)[1:]], [-1, *call.output.dims[1:]])


def _slice_problem(graph: Graph, node: Node) -> str:
    begin = graph.tensors[node.inputs[1]].data
    return "it slices at what is computed" if begin is None else ""


def _split(call: Call) -> Any:
    """SPLIT takes the axis first, SPLIT_V last; the sizes are those of the outputs."""
    import tensorflow as tf

    x, axis = (call.inputs[1], call.ints(0)[0]) if call.node.op == "SPLIT" else (call.inputs[0], call.ints(2)[0])
    sizes = [call.graph.type_of(t).dims[axis] for t in call.node.outputs]
    return tf.split(x, sizes, axis)


def _split_problem(graph: Graph, node: Node) -> str:
    split_v = node.op == "SPLIT_V"
    axis = graph.tensors[node.inputs[2 if split_v else 0]].data
    if axis is None:
        return "its axis is not constant"
    rank = len(graph.type_of(node.outputs[0]).dims)
    return "" if int(axis.ravel()[0]) % rank else "it splits the batch"


def _depth(name: str) -> Callable[[Call], Any]:
    def build(call: Call) -> Any:
        import tensorflow as tf

        return getattr(tf.nn, name)(call.inputs[0], call.attrs["block_size"])

    return build


OPS = {
    "RESHAPE": Trainable(build=_shaped, carries=True),
    "SQUEEZE": Trainable(build=_shaped, carries=True),
    "EXPAND_DIMS": Trainable(build=_shaped, carries=True),
    "TRANSPOSE": Trainable(build=_transposed, carries=True, problem=_transpose_problem),
    "CONCATENATION": Trainable(build=_concatenated, problem=_concat_problem),
    "PAD": Trainable(build=_padded, carries=True, problem=_pad_problem),
    "PADV2": Trainable(build=_padded, carries=True, problem=_pad_problem),
    "MIRROR_PAD": Trainable(build=_mirrored, carries=True, problem=_pad_problem),
    "RESIZE_BILINEAR": Trainable(build=_bilinear, carries=True),
    "RESIZE_NEAREST_NEIGHBOR": Trainable(build=_nearest, carries=True),
    "SLICE": Trainable(build=_sliced, carries=True, problem=_slice_problem),
    "SPLIT": Trainable(build=_split, carries=True, problem=_split_problem),
    "SPLIT_V": Trainable(build=_split, carries=True, problem=_split_problem),
    "DEPTH_TO_SPACE": Trainable(build=_depth("depth_to_space"), carries=True),
    "SPACE_TO_DEPTH": Trainable(build=_depth("space_to_depth"), carries=True),
}
