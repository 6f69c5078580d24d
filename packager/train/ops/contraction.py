"""Layers with weights: convolutions, dense layers, products of matrices."""

from typing import Any

from packager.ir import Padding
from packager.train._contract import Call, Trainable


def _convolved(call: Call) -> Any:
    """Filters ``[out, kh, kw, in]``; where they read fewer channels than there are, the channels come in groups."""
    import tensorflow as tf

    x, kernel = call.inputs[0], tf.transpose(call.inputs[1], [1, 2, 3, 0])
    groups = int(x.shape[3]) // int(kernel.shape[2])
    parts = [
        tf.nn.convolution(
            part,
            own,
            strides=[call.attrs["stride_h"], call.attrs["stride_w"]],
            padding=Padding(call.attrs["padding"]).name,
            dilations=[call.attrs["dilation_h_factor"], call.attrs["dilation_w_factor"]],
        )
        for part, own in zip(tf.split(x, groups, 3), tf.split(kernel, groups, 3), strict=True)
    ]
    return _biased(call, parts[0] if groups == 1 else tf.concat(parts, 3))


def _depthwise(call: Call) -> Any:
    """Filters ``[1, kh, kw, in * multiplier]``.

    TensorFlow's kernel wants equal strides; where they differ, the window's taps are added one by one.
    """
    import tensorflow as tf

    x, w, attrs = call.inputs[0], call.inputs[1], call.attrs
    strides = (attrs["stride_h"], attrs["stride_w"])
    dilations = (attrs["dilation_h_factor"], attrs["dilation_w_factor"])
    padding, channels = Padding(attrs["padding"]).name, int(x.shape[3])
    height, width, outs = (int(size) for size in w.shape[1:])
    if strides[0] == strides[1] and (strides == (1, 1) or dilations == (1, 1)):
        kernel = tf.reshape(w, [height, width, channels, outs // channels])
        return _biased(call, tf.nn.depthwise_conv2d(x, kernel, [1, *strides, 1], padding, dilations=list(dilations)))
    _, rows, columns, _ = call.output.dims
    edges = [
        _edges(int(x.shape[1 + i]), n, size, strides[i], dilations[i], padding)
        for i, (n, size) in enumerate(((rows, height), (columns, width)))
    ]
    padded = tf.pad(x, [[0, 0], *edges, [0, 0]])
    total: Any = 0
    for i in range(height):
        for j in range(width):
            down, right = i * dilations[0], j * dilations[1]
            bottom, last = down + (rows - 1) * strides[0] + 1, right + (columns - 1) * strides[1] + 1
            part = padded[:, down : bottom : strides[0], right : last : strides[1]]
            total += tf.repeat(part, outs // channels, axis=3) * tf.reshape(w[0, i, j], [1, 1, 1, outs])
    return _biased(call, total)


def _edges(size: int, steps: int, window: int, stride: int, dilation: int, padding: str) -> list[int]:
    """Zeros before and after along one axis."""
    if padding == "VALID":
        return [0, 0]
    total = max(0, (steps - 1) * stride + (window - 1) * dilation + 1 - size)
    return [total // 2, total - total // 2]


def _dense(call: Call) -> Any:
    import tensorflow as tf

    w = call.inputs[1]
    y = tf.matmul(tf.reshape(call.inputs[0], [-1, int(w.shape[1])]), w, transpose_b=True)
    return tf.reshape(_biased(call, y), [-1, *call.output.dims[1:]])


def _transposed(call: Call) -> Any:
    """Inputs in TFLite's order: output shape, filters ``[out, kh, kw, in]``, activations, bias."""
    import tensorflow as tf

    x, attrs = call.inputs[2], call.attrs
    y = tf.nn.conv2d_transpose(
        x,
        tf.transpose(call.inputs[1], [1, 2, 0, 3]),
        tf.concat([tf.shape(x)[:1], call.output.dims[1:]], 0),
        strides=[attrs["stride_h"], attrs["stride_w"]],
        padding=Padding(attrs["padding"]).name,
    )
    return y + call.inputs[3] if call.has(3) else y


def _matmul(call: Call) -> Any:
    import tensorflow as tf

    a, b = (tf.convert_to_tensor(x) for x in call.inputs)
    return tf.matmul(a, b, transpose_a=bool(call.attrs["adj_x"]), transpose_b=bool(call.attrs["adj_y"]))


def _biased(call: Call, y: Any) -> Any:
    return y + call.inputs[2] if call.has(2) else y


OPS = {
    "CONV_2D": Trainable(build=_convolved, weights={1: 0, 2: 0}, filters=1),
    "DEPTHWISE_CONV_2D": Trainable(build=_depthwise, weights={1: 3, 2: 0}, filters=1),
    "FULLY_CONNECTED": Trainable(build=_dense, weights={1: 0, 2: 0}, filters=1),
    "TRANSPOSE_CONV": Trainable(build=_transposed, weights={1: 0, 3: 0}, filters=1),
    "BATCH_MATMUL": Trainable(build=_matmul, weights={1: -1}, filters=1),
}
