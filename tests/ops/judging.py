"""LiteRT as the judge of the numpy operators: small models, run by both, compared integer by integer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from packager.interp import reference
from packager.interp._samples import fixed_dims, own_dims
from packager.ir import DType, GraphBuilder, Model, QuantParams, write_tflite

Array = npt.NDArray[Any]

ENGINES = {"integer": "BUILTIN_REF", "xnnpack": "BUILTIN"}


def litert(model: Model, inputs: Sequence[Array], resolver: str) -> list[Array]:
    """Outputs over samples, in this process: the models here are ours and small."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=write_tflite(model),
        experimental_op_resolver_type=getattr(OpResolverType, resolver),
        num_threads=1,
    )
    interpreter.allocate_tensors()
    results: list[list[Array]] = [[] for _ in model.main.outputs]
    for i in range(len(inputs[0])):
        for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(detail["index"], array[i].reshape(detail["shape"]))
        interpreter.invoke()
        for found, detail in zip(results, interpreter.get_output_details(), strict=True):
            value = interpreter.get_tensor(detail["index"])
            found.append(value.reshape(own_dims(value.shape)))
    return [np.stack(found) for found in results]


def inputs_for(model: Model, count: int = 6, seed: int = 0) -> list[Array]:
    """Random samples in the model's own types, the first and last of them the type's ends."""
    rng = np.random.default_rng(seed)
    arrays = []
    for type_ in model.input_types():
        dims = (count, *own_dims(fixed_dims(type_)))
        if type_.dtype.is_float:
            array: Array = rng.normal(0, 2, dims).astype(np.float32)
        elif type_.dtype is DType.BOOL:
            array = rng.integers(0, 2, dims).astype(np.bool_)
        else:
            low, high = (-1000, 1000) if type_.dtype.bits > 16 else _ends(type_.dtype)
            array = rng.integers(low, high + 1, dims).astype(type_.dtype.numpy)
            array[0], array[-1] = low, high
        arrays.append(array)
    return arrays


def _ends(dtype: DType) -> tuple[int, int]:
    info = np.iinfo(dtype.value)
    return int(info.min), int(info.max)


def judge(
    model: Model,
    inputs: Sequence[Array] | None = None,
    *,
    arithmetics: Sequence[str] = tuple(ENGINES),
    resolver: str = "",
    within: int = 0,
    count: int = 6,
) -> None:
    """Assert that the reference interpreter gives LiteRT's own integers, or floats as near as float32 allows.

    `resolver` stands in for an arithmetic's own engine, where that lacks the operator.
    """
    assert not reference.unsupported(model)
    given = list(inputs) if inputs is not None else inputs_for(model, count)
    for arithmetic in arithmetics:
        ours = reference.run(model, given, arithmetic)
        theirs = litert(model, given, resolver or ENGINES[arithmetic])
        for mine, yours in zip(ours, theirs, strict=True):
            assert mine.dtype == yours.dtype
            assert mine.shape == yours.shape, arithmetic
            if np.issubdtype(mine.dtype, np.floating):
                np.testing.assert_allclose(mine, yours, rtol=2e-5, atol=2e-5, err_msg=arithmetic)
                continue
            apart = np.abs(mine.astype(np.int64) - yours.astype(np.int64))
            assert apart.max(initial=0) <= within, (
                f"{arithmetic}: {np.count_nonzero(apart)} of {apart.size} differ, by up to {apart.max()}"
            )


def quant(scale: float, zero_point: int = 0) -> QuantParams:
    return QuantParams.per_tensor(scale, zero_point)


def per_channel(scales: Sequence[float], axis: int) -> QuantParams:
    rounded = tuple(float(np.float32(s)) for s in scales)
    return QuantParams(scale=rounded, zero_point=(0,) * len(rounded), axis=axis)


def unary(
    op: str,
    shape: tuple[int, ...],
    out_shape: tuple[int, ...] | None = None,
    *,
    dtype: DType = DType.INT8,
    x: tuple[float, int] | None = (0.05, 3),
    y: tuple[float, int] | None = (0.04, -5),
    consts: Sequence[npt.ArrayLike] = (),
    options: str = "",
    **attrs: Any,
) -> Model:
    """A model of one operator with one input that varies; the others are int32 constants. None for no quantization."""
    b = GraphBuilder()
    first = b.input("x", shape, dtype, None if x is None else quant(*x))
    rest = [b.const(np.asarray(c)) for c in consts]
    out = b.op(
        op,
        [first, *rest],
        shape if out_shape is None else out_shape,
        options=options,
        dtype=dtype,
        quant=None if y is None else quant(*y),
        **attrs,
    )
    return b.model([out])


def plain(op: str, shape: tuple[int, ...], out_shape: tuple[int, ...] | None = None, **rest: Any) -> Model:
    """The same in float32."""
    return unary(op, shape, out_shape, dtype=DType.FLOAT32, x=None, y=None, **rest)


def binary(
    op: str,
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    *,
    dtype: DType = DType.INT8,
    scales: tuple[float, float, float] = (0.05, 0.03, 0.07),
    zeros: tuple[int, int, int] = (3, -7, 11),
    constant: int | None = None,
    options: str = "",
    **attrs: Any,
) -> Model:
    """A model of one operator with two inputs, one of which may be a constant."""
    b = GraphBuilder()
    rng = np.random.default_rng(1)
    is_float = dtype.is_float
    operands = []
    for i, name in enumerate("ab"):
        q = None if is_float else quant(scales[i], zeros[i])
        if i == constant:
            data = rng.normal(size=shapes[i]) if is_float else rng.integers(*_ends(dtype), shapes[i], endpoint=True)
            operands.append(b.const(data.astype(dtype.numpy), name, q))
        else:
            operands.append(b.input(name, shapes[i], dtype, q))
    out_shape = np.broadcast_shapes(*shapes)
    q = None if is_float else quant(scales[2], zeros[2])
    out = b.op(op, operands, out_shape, options=options, dtype=dtype, quant=q, **attrs)
    return b.model([out])
