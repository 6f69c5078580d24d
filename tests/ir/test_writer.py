"""What the written file must be beyond readable: aligned, shared, deterministic, understood by old readers."""

import numpy as np
from ir.tiny import float_model, int8_model

from packager.interp.litert import run_litert
from packager.ir import GraphBuilder, read_tflite_bytes, write_tflite
from packager.ir._schema import schema


def parsed(blob: bytes) -> object:
    return schema().ModelT.InitFromObj(schema().Model.GetRootAs(blob, 0))


def test_same_model_same_bytes() -> None:
    assert write_tflite(float_model()) == write_tflite(float_model())


def test_every_buffer_is_aligned_to_sixteen_bytes() -> None:
    blob = write_tflite(int8_model())
    file = schema().Model.GetRootAs(blob, 0)
    start = np.frombuffer(blob, np.uint8).__array_interface__["data"][0]
    checked = 0
    for i in range(file.BuffersLength()):
        if not (buffer := file.Buffers(i)).DataIsNone():
            assert (buffer.DataAsNumpy().__array_interface__["data"][0] - start) % 16 == 0
            checked += 1
    assert checked == 2


def test_tensors_that_share_memory_share_a_buffer() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    shared = np.arange(4, dtype=np.float32)
    first, second = b.const(shared, "first"), b.const(shared, "second")
    y = b.op("ADD", [x, first], (1, 4), options="AddOptions")
    model = b.model([b.op("ADD", [y, second], (1, 4), options="AddOptions")])
    table = parsed(write_tflite(model))
    tensors = table.subgraphs[0].tensors  # type: ignore[attr-defined]  # the schema's classes are untyped
    assert tensors[first].buffer == tensors[second].buffer
    assert len(table.buffers) == 2  # type: ignore[attr-defined]  # the schema's classes are untyped


def test_old_readers_find_the_operator_code() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    model = b.model([b.op("GELU", [b.op("TANH", [x], (1, 4))], (1, 4), options="GeluOptions")])
    codes = parsed(write_tflite(model)).operatorCodes  # type: ignore[attr-defined]  # the schema's classes are untyped
    assert [(c.builtinCode, c.deprecatedBuiltinCode) for c in codes] == [(28, 28), (150, 127)]


def test_versions_of_one_operator_get_a_code_each() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    y = b.op("TANH", [x], (1, 4), version=1)
    model = b.model([b.op("TANH", [y], (1, 4), version=2)])
    assert [n.version for n in read_tflite_bytes(write_tflite(model)).main.nodes] == [1, 2]


def test_litert_runs_what_was_written() -> None:
    model = float_model()
    image = np.random.default_rng(0).standard_normal((1, 4, 4, 2)).astype(np.float32)
    (probabilities,) = run_litert(write_tflite(model), [image])
    assert probabilities.shape == (1, 5)
    assert abs(probabilities.sum() - 1) < 1e-5
    kernel, bias, weights = (model.main.tensors[i].data for i in (1, 2, 6))
    assert kernel is not None
    assert bias is not None
    assert weights is not None
    padded = np.pad(image[0], ((1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))
    mean = np.einsum("hwcij,oijc->o", windows, kernel) / 16 + bias
    logits = weights @ mean
    wanted = np.exp(logits - logits.max())
    np.testing.assert_allclose(probabilities[0], wanted / wanted.sum(), rtol=1e-4)
