"""Constants of a graph as variables, in the child: scaled, masked, clustered."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from packager.ir import ABSENT, Graph
from packager.train._contract import Array, Held


class Weights:
    """Variables in units of each channel's root mean square, so that one learning rate suits all.

    Folding batch normalization leaves channels whose weights differ by orders of magnitude; Adam moves every variable
    by about the learning rate, whatever its size.
    """

    def __init__(
        self, graph: Graph, trained: Mapping[int, int], held: Mapping[int, Held], sparse: Collection[int] = ()
    ) -> None:
        """`sparse` are constants that `sparsify` will be asked for."""
        import keras

        self._scale: dict[int, Array] = {}
        self._mask: dict[int, Any] = {}
        self._shared: dict[int, _Shared] = {}
        self._variable: dict[int, Any] = {}
        for t, axis in trained.items():
            data, how = graph.tensors[t].data, held.get(t, Held())
            assert data is not None
            if how.clusters is not None:
                self._shared[t] = _Shared(data, how.clusters, how.units)
                data, axis = self._shared[t].start, ABSENT  # noqa: PLW2901
            self._scale[t] = _scale(data, axis)
            self._variable[t] = keras.Variable(data / self._scale[t], dtype="float32")
            if how.mask is not None or t in sparse:
                mask = np.ones(data.shape) if how.mask is None else how.mask
                self._mask[t] = keras.Variable(mask.astype(np.float32), trainable=False, dtype="float32")

    @property
    def variables(self) -> list[Any]:
        return list(self._variable.values())

    def biases(self) -> list[Any]:
        """Those of one axis, which weight decay leaves alone."""
        return [v for v in self._variable.values() if len(v.shape) == 1]

    def values(self, *, whole: bool = False) -> dict[int, Any]:
        """Tensors by index, as the graph takes them; `whole` rounds shared values to their units."""
        found = {}
        for t, variable in self._variable.items():
            value = variable.value * self._scale[t]
            if t in self._shared:
                value = self._shared[t].spread(value, whole=whole)
            found[t] = value * self._mask[t].value if t in self._mask else value
        return found

    def arrays(self) -> dict[int, Array]:
        """Arrays by index; a masked weight is exactly zero."""
        return {
            t: np.asarray(value.numpy(), np.float32) + np.float32(0) for t, value in self.values(whole=True).items()
        }

    def sparsify(self, t: int, share: float) -> None:
        """Mask the smallest magnitudes of one constant, so that `share` of it is zero; never fewer than before."""
        size = np.abs(self.arrays()[t])
        mask = np.ones(size.size, np.float32)
        mask[np.argsort(size, axis=None, kind="stable")[: round(share * size.size)]] = 0
        self._mask[t].assign(mask.reshape(size.shape))

    def state(self) -> list[Array]:
        return [np.array(v.numpy()) for v in (*self._variable.values(), *self._mask.values())]

    def restore(self, state: list[Array]) -> None:
        for variable, array in zip((*self._variable.values(), *self._mask.values()), state, strict=True):
            variable.assign(array)


class _Shared:
    """Weights that share few values."""

    def __init__(self, data: Array, clusters: Array, units: Array | None) -> None:
        self.clusters, self.units = clusters, units
        self.start = _centres(data, clusters) if units is None else np.rint(_centres(data / units, clusters))
        self.top = float(np.abs(self.start).max())
        self.still = (self.start == 0) | (np.abs(self.start) == self.top)

    def spread(self, values: Any, *, whole: bool) -> Any:
        """One value a cluster, given to all of its weights."""
        import tensorflow as tf

        if self.units is None:
            return tf.gather(values, self.clusters)
        values = tf.where(self.still, self.start, tf.clip_by_value(values, -self.top, self.top))
        return tf.gather(tf.round(values) if whole else values, self.clusters) * self.units


def _scale(data: Array, axis: int) -> Array:
    """The root mean square along an axis, broadcastable; of the whole where a channel is zero, 0.1 where all is."""
    whole = float(np.sqrt(np.mean(np.square(data, dtype=np.float64)))) or 0.1
    if axis == ABSENT or data.ndim < 2:
        return np.full((1,) * data.ndim, whole, np.float32)
    others = tuple(i for i in range(data.ndim) if i != axis)
    own = np.sqrt(np.mean(np.square(data, dtype=np.float64), axis=others, keepdims=True))
    return np.where(own > 1e-3 * whole, own, whole).astype(np.float32)


def _centres(data: Array, clusters: Array) -> Array:
    """The mean of each cluster's weights, which share one value already."""
    counts = np.bincount(clusters.ravel())
    sums = np.bincount(clusters.ravel(), weights=data.ravel().astype(np.float64))
    centres: Array = (sums / np.maximum(counts, 1)).astype(np.float32)
    return centres
