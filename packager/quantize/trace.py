"""Inference in a child process: a model run sample by sample, or two side by side."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.errors import UnsupportedError

Array = npt.NDArray[Any]
PLAIN = "BUILTIN_WITHOUT_DEFAULT_DELEGATES"
"""The optimized kernels alone: a delegate may keep tensors to itself, these write every one."""
Pairs = Mapping[int, tuple[int, float, int]]
"""Tensor of the integer model to the float model's tensor, its own scale and zero point; scale 0 for a real tensor."""


@dataclasses.dataclass(slots=True)
class Energies:
    """Sums of squares over samples."""

    signal: float = 0.0
    noise: float = 0.0

    def add(self, reference: Array, actual: Array) -> None:
        exact = reference.astype(np.float64).ravel()
        self.signal += float(exact @ exact)
        gap = exact - actual.astype(np.float64).ravel()
        self.noise += float(gap @ gap)


def outputs_of(blob: bytes, inputs: Sequence[Array], resolver: str, wanted: Sequence[int]) -> list[Array]:
    """Return each wanted output tensor over all samples, ``[count, ...]``, in the model's own type."""
    found: list[list[Array]] = [[] for _ in wanted]
    for read in runs(blob, inputs, resolver):
        for values, t in zip(found, wanted, strict=True):
            values.append(read(t))
    return [np.concatenate(values) for values in found]


def energies_of(
    blobs: tuple[bytes, bytes], inputs: tuple[Sequence[Array], Sequence[Array]], pairs: Pairs
) -> dict[int, Energies]:
    """Return, for each pair of tensors, the energy of the float one and of the difference."""
    exact = runs(blobs[0], inputs[0], PLAIN, keep=True)
    coarse = runs(blobs[1], inputs[1], PLAIN, keep=True)
    found = {t: Energies() for t in pairs}
    for read_exact, read_coarse in zip(exact, coarse, strict=True):
        for t, (reference, scale, zero_point) in pairs.items():
            values = read_coarse(t)
            real = (values.astype(np.float64) - zero_point) * scale if scale else values
            found[t].add(read_exact(reference), real)
    return found


def runs(blob: bytes, inputs: Sequence[Array], resolver: str, *, keep: bool = False) -> Iterator[Any]:
    """Yield, after each inference, the function that reads a tensor by its index; `keep` keeps the inner ones."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    try:
        interpreter = Interpreter(
            model_content=blob,
            experimental_op_resolver_type=getattr(OpResolverType, resolver),
            experimental_preserve_all_tensors=keep,
            num_threads=1,
        )
        interpreter.allocate_tensors()
        details = interpreter.get_input_details()
        for i in range(len(inputs[0])):
            for detail, array in zip(details, inputs, strict=True):
                interpreter.set_tensor(detail["index"], array[i : i + 1].astype(detail["dtype"], copy=False))
            interpreter.invoke()
            yield interpreter.get_tensor
    except (RuntimeError, ValueError) as error:
        text = " ".join(str(error).split())
        raise UnsupportedError(f"LiteRT can't run it: {text}", hint="`edgepack inspect` shows its operators") from None
