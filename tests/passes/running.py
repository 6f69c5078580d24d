"""Running a model before and after a pass on LiteRT itself, for what a pass promises of numbers."""

from typing import Any

import numpy as np
import numpy.typing as npt

from packager.ir import DType, GraphBuilder, Model, QuantParams, verify, write_tflite
from packager.rewrite import Pass, apply_passes

Array = npt.NDArray[Any]
Q = QuantParams.per_tensor(0.05, -3)


def litert(model: Model, *inputs: Array) -> tuple[Array, ...]:
    """Outputs of LiteRT's reference kernels for one sample, in the order of the graph."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    engine = Interpreter(model_content=write_tflite(model), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    engine.allocate_tensors()
    for index, array in zip(model.main.inputs, inputs, strict=True):
        engine.set_tensor(index, array)
    engine.invoke()
    return tuple(engine.get_tensor(t) for t in model.main.outputs)


def every_step(shape: tuple[int, ...]) -> Array:
    """All 256 integers again and again."""
    return np.resize(np.arange(-128, 128).astype(np.int8), shape)


def noise(shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)


def unary(op: str, shape: tuple[int, ...], out: tuple[int, ...] = (), quant: QuantParams = Q, **attrs: Any) -> Model:
    """One int8 operator of one input."""
    b = GraphBuilder()
    x = b.input("x", shape, DType.INT8, Q)
    return b.model([b.op(op, [x], out or shape, name="y", dtype=DType.INT8, quant=quant, **attrs)])


def apart(model: Model, step: Pass, *inputs: Array) -> tuple[list[str], int]:
    """The operators after a pass, and by how many steps the worst result differs."""
    changed = apply_passes(model, [step])
    assert not list(verify(changed))
    assert changed.output_names() == model.output_names()
    before, after = litert(model, *inputs), litert(changed, *inputs)
    worst = max(int(np.abs(a.astype(int) - b.astype(int)).max()) for a, b in zip(before, after, strict=True))
    assert all(a.shape == b.shape for a, b in zip(before, after, strict=True))
    return [node.op for node in changed.main.nodes], worst
