"""What a fixed model says of inputs."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from packager.ir import Graph
from packager.train._contract import Array, Hint
from packager.train.forward import forward
from packager.train.loss import heads_of, logits_of

AT_ONCE = 256
"""Inputs that are evaluated together."""


class Answers:
    """A fixed model's logits, and channels of activations that are hints; the function is traced once."""

    def __init__(self, graph: Graph, hints: Sequence[Hint] = ()) -> None:
        import tensorflow as tf

        self.heads = heads_of(graph)

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow is untyped
        def compute(inputs: Any) -> Any:
            known = forward(graph, inputs)
            shown = [tf.gather(known[h.teacher][:, *h.positions], h.channels, axis=-1) for h in hints]
            return [*(logits_of(head, known) for head in self.heads), *shown]

        self._compute: Callable[[Any], Any] = compute

    def __call__(self, inputs: Sequence[Array]) -> list[Array]:
        """One array ``[count, features]`` an output, and one ``[count, ...]`` a hint."""
        import tensorflow as tf

        found: list[list[Array]] = []
        for start in range(0, len(inputs[0]), AT_ONCE):
            part = [tf.constant(np.asarray(x[start : start + AT_ONCE], np.float32)) for x in inputs]
            found.append([y.numpy() for y in self._compute(part)])
        return [np.concatenate(parts) for parts in zip(*found, strict=True)]
