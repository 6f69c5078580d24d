from collections.abc import Callable

import numpy as np

from packager.emit.onnx.emission import Emission
from packager.emit.onnx.layout import storage
from packager.ir import Node


def pad(e: Emission, node: Node, mode: str, value: Callable[[], list[str]]) -> None:
    """Emit a Pad in the input's layout; `value` gives the operand that holds the padding's value, if there is one."""
    data = node.inputs[0]
    layout = e.layout_of(data)
    amounts = np.asarray(e.data(node.inputs[1]), np.int64)[list(storage(layout, len(e.dims(data))))]
    pads = e.integers([*amounts[:, 0], *amounts[:, 1]], "pads")
    e.write(node.outputs[0], e.node("Pad", [e.read(data, layout), pads, *value()], mode=mode), layout)
