"""Small networks with channels that can't matter, float or integer, and what they compute."""

from typing import Any

import numpy as np
import numpy.typing as npt
from ops.judging import ENGINES, inputs_for, litert

from packager.interp import reference
from packager.ir import Activation, DType, GraphBuilder, Model, Padding, QuantParams

Array = npt.NDArray[Any]


class Network:
    """Builds layers with random weights; in an integer network every activation is int8 of scale 0.1."""

    def __init__(self, seed: int, *, integer: bool, zero_point: int = -3) -> None:
        self.b = GraphBuilder()
        self.rng = np.random.default_rng(seed)
        self.integer = integer
        self.quant = QuantParams.per_tensor(0.1, zero_point) if integer else None
        self.dtype = DType.INT8 if integer else DType.FLOAT32

    def input(self, *dims: int) -> int:
        return self.b.input("x", dims, self.dtype, self.quant)

    def dims(self, tensor: int) -> tuple[int, ...]:
        return self.b.tensors[tensor].type.dims

    def weights(self, dims: tuple[int, ...], axis: int, *, dead: Array | None, unread: Array | None, fan: int) -> int:
        """Random weights; rows in `dead` along `axis` and columns in `unread` along the last axis are zero."""
        data = self.rng.integers(-127, 128, dims).astype(np.float64)
        if dead is not None:
            np.moveaxis(data, axis, 0)[dead] = 0
        if unread is not None:
            data[..., unread] = 0
        scale = 1 / (127 * np.sqrt(fan))
        if not self.integer:
            return self.b.const((data * scale).astype(np.float32))
        scales = tuple(float(np.float32(s)) for s in scale * self.rng.uniform(0.5, 1, dims[axis]))
        return self.b.const(
            data.astype(np.int8), quant=QuantParams(scale=scales, zero_point=(0,) * len(scales), axis=axis)
        )

    def bias(self, x: int, weights: int, count: int, dead: Array | None, drop: float) -> int:
        """Random biases, those of `dead` rows lowered by `drop`."""
        real = self.rng.normal(0, 1, count)
        if dead is not None:
            real[dead] -= drop
        if not self.integer:
            return self.b.const(real.astype(np.float32))
        types = [self.b.tensors[t].type.quant for t in (x, weights)]
        assert types[0] is not None
        assert types[1] is not None
        scales = types[0].scales() * types[1].scales()
        quant = QuantParams(scale=tuple(float(s) for s in scales), zero_point=(0,) * len(scales))
        return self.b.const(np.rint(real / scales).astype(np.int32), quant=quant)

    def layer(self, op: str, inputs: list[int], dims: tuple[int, ...], options: str = "", **attrs: Any) -> int:
        return self.b.op(op, inputs, dims, options=options, dtype=self.dtype, quant=self.quant, **attrs)

    def conv(
        self, x: int, channels: int, kernel: int = 1, *, stride: int = 1, padding: Padding = Padding.SAME,
        dead: Array | None = None, unread: Array | None = None, drop: float = 0.0, relu: bool = True,
    ) -> int:  # fmt: skip
        _, height, width, depth = self.dims(x)
        w = self.weights((channels, kernel, kernel, depth), 0, dead=dead, unread=unread, fan=kernel * kernel * depth)
        inputs = [x, w, self.bias(x, w, channels, dead, drop)]
        size = [_steps(n, kernel, stride, padding) for n in (height, width)]
        return self.layer(
            "CONV_2D", inputs, (1, *size, channels), "Conv2DOptions", padding=padding, stride_h=stride, stride_w=stride,
            dilation_h_factor=1, dilation_w_factor=1, fused_activation_function=_activation(relu=relu),
        )  # fmt: skip

    def depthwise(
        self, x: int, multiplier: int = 1, *, dead: Array | None = None, drop: float = 0.0, relu: bool = True
    ) -> int:
        _, height, width, depth = self.dims(x)
        channels = depth * multiplier
        w = self.weights((1, 3, 3, channels), 3, dead=dead, unread=None, fan=9)
        return self.layer(
            "DEPTHWISE_CONV_2D", [x, w, self.bias(x, w, channels, dead, drop)], (1, height, width, channels),
            "DepthwiseConv2DOptions", padding=Padding.SAME, stride_h=1, stride_w=1, dilation_h_factor=1,
            dilation_w_factor=1, depth_multiplier=multiplier, fused_activation_function=_activation(relu=relu),
        )  # fmt: skip

    def dense(
        self, x: int, units: int, *, dead: Array | None = None, unread: Array | None = None, drop: float = 0.0,
        relu: bool = False, biased: bool = True,
    ) -> int:  # fmt: skip
        depth = int(np.prod(self.dims(x)))
        w = self.weights((units, depth), 0, dead=dead, unread=unread, fan=depth)
        inputs = [x, w, *([self.bias(x, w, units, dead, drop)] if biased else [])]
        return self.layer(
            "FULLY_CONNECTED", inputs, (1, units), "FullyConnectedOptions",
            fused_activation_function=_activation(relu=relu),
        )  # fmt: skip

    def add(self, x: int, y: int, *, relu: bool = False) -> int:
        return self.layer(
            "ADD", [x, y], self.dims(x), "AddOptions", fused_activation_function=_activation(relu=relu)
        )  # fmt: skip

    def mul(self, x: int, y: int) -> int:
        return self.layer("MUL", [x, y], self.dims(x), "MulOptions")

    def scaled(self, x: int, *, dead: Array | None = None) -> int:
        """A batch normalization that was not folded: a factor and an offset a channel, the factors of `dead` zero."""
        depth = self.dims(x)[-1]
        data = self.rng.integers(-127, 128, (2, depth))
        if dead is not None:
            data[0, dead] = 0
        quant = QuantParams.per_tensor(0.01) if self.integer else None
        factor, offset = (
            self.b.const(row.astype(np.int8) if quant else (row * 0.01).astype(np.float32), quant=quant) for row in data
        )
        y = self.layer("MUL", [x, factor], self.dims(x), "MulOptions")
        return self.layer("ADD", [y, offset], self.dims(x), "AddOptions")

    def concat(self, *parts: int) -> int:
        dims = self.dims(parts[0])
        total = sum(self.dims(p)[-1] for p in parts)
        return self.layer("CONCATENATION", list(parts), (*dims[:-1], total), "ConcatenationOptions", axis=len(dims) - 1)

    def pool(self, x: int, op: str = "MAX_POOL_2D") -> int:
        n, height, width, depth = self.dims(x)
        return self.layer(
            op, [x], (n, height // 2, width // 2, depth), "Pool2DOptions", padding=Padding.VALID, stride_h=2,
            stride_w=2, filter_height=2, filter_width=2,
        )  # fmt: skip

    def mean(self, x: int) -> int:
        axes = self.b.const(np.array([1, 2], np.int32))
        return self.layer("MEAN", [x, axes], (1, self.dims(x)[-1]), "ReducerOptions")

    def flatten(self, x: int) -> int:
        dims = (1, int(np.prod(self.dims(x))))
        shape = self.b.const(np.array(dims, np.int32))
        return self.layer("RESHAPE", [x, shape], dims, "ReshapeOptions", new_shape=dims)

    def pad(self, x: int) -> int:
        n, height, width, depth = self.dims(x)
        edges = self.b.const(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
        return self.layer("PAD", [x, edges], (n, height + 2, width + 2, depth), "PadOptions")

    def model(self, *outputs: int) -> Model:
        return self.b.model(list(outputs), "network")


def _steps(size: int, kernel: int, stride: int, padding: Padding) -> int:
    return -(-size // stride) if padding == Padding.SAME else (size - kernel) // stride + 1


def _activation(*, relu: bool) -> Activation:
    return Activation.RELU if relu else Activation.NONE


def assert_same(before: Model, after: Model, *, seed: int = 0) -> None:
    """Both models compute the same, in LiteRT (default and reference) and in the numpy interpreter (both arithmetics).

    Integers to the bit; floats but for rounding.
    """
    inputs = inputs_for(before, seed=seed)
    tolerance = 2e-5 if before.input_types()[0].dtype.is_float else 0

    def runs(model: Model) -> list[Array]:
        found = [litert(model, inputs, resolver) for resolver in ENGINES.values()]
        found += [list(reference.run(model, inputs, arithmetic)) for arithmetic in ENGINES]
        return [output for outputs in found for output in outputs]

    for old, new in zip(runs(before), runs(after), strict=True):
        np.testing.assert_allclose(new.astype(np.float64), old.astype(np.float64), rtol=0, atol=tolerance)


def widths(model: Model, op: str) -> list[int]:
    """How many channels each layer of a kind makes."""
    graph = model.main
    return [graph.type_of(n.outputs[0]).dims[-1] for n in graph.nodes if n.op == op]
