"""What the self-test in C holds: golden inputs, and the checksum of what each layer makes of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from packager.config.samples import Samples
from packager.emit.c import _text as text
from packager.emit.c._contract import Constant, Ints
from packager.emit.c._plan import Laid
from packager.interp import reference
from packager.interp._samples import fixed_dims, own_dims
from packager.ir import Model

_MOST_BYTES = 1 << 16
"""Of golden inputs, so that the test fits a microcontroller's flash; one sample at least."""


def selftest_of(model: Model, laid: Laid, arithmetic: str, golden: Samples) -> dict[str, Any]:
    inputs = _few([golden.arrays[name] for name in model.input_names()] if golden.arrays else _zeros(model))
    graph = model.main
    layers = []
    for checksum in reference.layer_checksums(model, inputs, arithmetic):
        outputs = graph.nodes[checksum.index].outputs
        layers.append(
            {
                "where": text.string(graph.where(checksum.index)),
                "crc32": f"0x{checksum.crc32:08x}u",
                "outputs": [{"offset": laid.plan.offsets[t], "bytes": graph.type_of(t).nbytes} for t in outputs],
            }
        )
    constants = [_bytes_of(i, array) for i, array in enumerate(inputs)]
    return {
        "count": len(inputs[0]),
        "definitions": [text.definition(f"golden_{i}", c) for i, c in enumerate(constants)],
        "layers": layers,
        "most_outputs": max((len(layer["outputs"]) for layer in layers), default=1),
    }


def _zeros(model: Model) -> list[Ints]:
    """One sample, where there is none to test with."""
    return [np.zeros((1, *own_dims(fixed_dims(t))), t.dtype.numpy) for t in model.input_types()]


def _few(arrays: Sequence[Ints]) -> list[Ints]:
    """As many of the first samples as are worth their flash."""
    each = max(1, sum(array[0].nbytes for array in arrays))
    return [array[: max(1, _MOST_BYTES // each)] for array in arrays]


def _bytes_of(index: int, array: Ints) -> Constant:
    little = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    return Constant(name=f"golden_{index}", ctype="uint8_t", values=np.frombuffer(little.tobytes(), np.uint8))
