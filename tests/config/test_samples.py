"""Good data is taken as it is meant; every kind of wrong data is refused with the file, the array and a remedy."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quantize.tiny import classifier

from packager.config.samples import (
    Samples,
    check_shapes,
    load_samples,
    random_samples,
    to_integer,
)
from packager.errors import ConfigError
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.util.hashing import sha256_file

FLOAT = classifier()
RNG = np.random.default_rng(0)
GOOD = RNG.normal(size=(5, 6, 6, 2)).astype(np.float32)


def quantized_input(dtype: DType = DType.INT8) -> Model:
    b = GraphBuilder()
    x = b.input("x", (1, 3), dtype, QuantParams.per_tensor(0.5, -10))
    return b.model([b.op("RELU", [x], (1, 3), dtype=dtype, quant=QuantParams.per_tensor(0.5, -10))])


def two_inputs() -> Model:
    b = GraphBuilder()
    left, right = b.input("left", (1, 2)), b.input("right", (1, 3))
    both = b.op("CONCATENATION", [left, right], (1, 5), options="ConcatenationOptions", axis=1)
    return b.model([both])


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def refused(path: Path, model: Model = FLOAT, **options: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_samples(path, model, **options)
    assert caught.value.hint
    return caught.value


def test_an_npz_holds_x_and_y(tmp_path: Path) -> None:
    path = save(tmp_path / "data.npz", x=GOOD, y=np.arange(5) % 4)
    samples = load_samples(path, FLOAT, labels=True)
    assert samples.count == 5
    np.testing.assert_array_equal(samples.arrays["x"], GOOD)
    assert samples.labels is not None
    np.testing.assert_array_equal(samples.labels, [0, 1, 2, 3, 0])
    assert (samples.source, samples.sha256) == ("data.npz", sha256_file(path))
    assert samples.trusted
    assert load_samples(path, FLOAT).labels is None


def test_an_npy_is_the_only_input(tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", GOOD)
    np.testing.assert_array_equal(load_samples(tmp_path / "data.npy", FLOAT).arrays["x"], GOOD)


def test_inputs_go_by_tensor_name_or_signature_name(tmp_path: Path) -> None:
    model = two_inputs()
    left, right = np.ones((4, 2), np.float32), np.zeros((4, 3), np.float32)
    by_tensor = load_samples(save(tmp_path / "a.npz", right=right, left=left), model)
    assert list(by_tensor.arrays) == ["left", "right"]
    (signature,) = model.signatures
    renamed = dataclasses.replace(
        model, signatures=(dataclasses.replace(signature, inputs=(("l", model.main.inputs[0]), signature.inputs[1])),)
    )
    by_signature = load_samples(save(tmp_path / "b.npz", right=right, l=left), renamed)
    np.testing.assert_array_equal(by_signature.arrays["left"], left)


def test_a_folder_holds_one_file_a_sample_in_the_order_of_names(tmp_path: Path) -> None:
    for i in (2, 0, 1):
        np.save(tmp_path / f"sample_{i}.npy", GOOD[i])
    np.save(tmp_path / "y.npy", np.array([3, 2, 1]))
    samples = load_samples(tmp_path, FLOAT, labels=True)
    np.testing.assert_array_equal(samples.arrays["x"], GOOD[:3])
    assert samples.labels is not None
    np.testing.assert_array_equal(samples.labels, [3, 2, 1])
    assert len(samples.sha256) == 64


def test_a_folder_holds_one_file_an_input_where_one_is_named_like_it(tmp_path: Path) -> None:
    np.save(tmp_path / "left.npy", np.ones((4, 2), np.float32))
    np.save(tmp_path / "right.npy", np.zeros((4, 3), np.float32))
    assert load_samples(tmp_path, two_inputs()).count == 4


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "int64", "float16", "float64"])
def test_numbers_become_float32_values(tmp_path: Path, dtype: str) -> None:
    pixels = (np.arange(5 * 72).reshape(5, 6, 6, 2) % 200).astype(dtype)
    array = load_samples(save(tmp_path / "p.npz", x=pixels), FLOAT).arrays["x"]
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, pixels)


def test_an_array_of_the_quantized_inputs_type_is_taken_as_it_is(tmp_path: Path) -> None:
    array = np.array([[-128, 0, 127]], np.int8)
    samples = load_samples(save(tmp_path / "q.npz", x=array), quantized_input())
    assert samples.arrays["x"].dtype == np.int8
    np.testing.assert_array_equal(to_integer(samples, quantized_input()).arrays["x"], array)


def test_real_values_for_a_quantized_input_stay_real_until_asked(tmp_path: Path) -> None:
    model = quantized_input()
    samples = load_samples(save(tmp_path / "q.npz", x=np.array([[0.0, 1.0, 900.0]])), model)
    assert samples.arrays["x"].dtype == np.float32
    np.testing.assert_array_equal(to_integer(samples, model).arrays["x"], np.array([[-10, -8, 127]], np.int8))


def test_to_integer_matches_by_position_for_quantizing_renames_inputs() -> None:
    samples = Samples(arrays={"before": np.array([[1.0, 2.0, 3.0]], np.float32)}, source="s")
    assert list(to_integer(samples, quantized_input()).arrays) == ["x"]


def test_dynamic_dimensions_take_any_size_or_the_one_asked_for(tmp_path: Path) -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 1, 2))
    model = b.model([b.op("RELU", [x], (1, 1, 2))])
    type_ = dataclasses.replace(model.main.type_of(x), signature=(-1, -1, 2))
    model = model.with_main(model.main.with_tensors(lambda i, t: dataclasses.replace(t, type=type_) if i == x else t))
    path = save(tmp_path / "d.npz", x=np.zeros((3, 7, 2), np.float32))
    assert load_samples(path, model).count == 3
    assert "[n, 9, 2]" in str(refused(path, model, input_shapes={"x": (1, 9, 2)}))
    with pytest.raises(ConfigError, match="random inputs need sizes"):
        random_samples(model, 2, 0)
    assert random_samples(model, 2, 0, input_shapes={"": (1, 9, 2)}).arrays["x"].shape == (2, 9, 2)


@pytest.mark.parametrize("shape", [(5, 6, 6), (6, 6, 2), (5, 6, 6, 2, 1), (5, 72), (5, 6, 6, 3)])
def test_a_wrong_shape_is_refused_with_both_shapes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    text = str(refused(save(tmp_path / "s.npz", x=np.zeros(shape, np.float32))))
    assert str(list(shape)) in text
    assert "[n, 6, 6, 2]" in text


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity"), (-np.inf, "infinity")])
def test_the_first_bad_sample_is_named(tmp_path: Path, value: float, word: str) -> None:
    bad = GOOD.copy()
    bad[3, 0, 0, 1] = bad[4, 0, 0, 0] = value
    text = str(refused(save(tmp_path / "n.npz", x=bad)))
    assert f"sample 3 holds {word} (2 of 5" in text


def test_a_value_too_large_for_float32_is_refused(tmp_path: Path) -> None:
    assert "infinity" in str(refused(save(tmp_path / "big.npz", x=np.full((1, 6, 6, 2), 1e300))))


@pytest.mark.parametrize("array", [GOOD.astype(np.complex64), GOOD > 0, GOOD.astype(str), GOOD.astype(np.int8)])
def test_a_wrong_type_is_refused(tmp_path: Path, array: np.ndarray[Any, Any]) -> None:
    assert str(array.dtype) in str(refused(save(tmp_path / "t.npz", x=array)))


def test_int8_for_a_float_model_gets_the_formula(tmp_path: Path) -> None:
    assert "zero_point" in refused(save(tmp_path / "t.npz", x=GOOD.astype(np.int8))).hint


def test_pickles_are_not_read(tmp_path: Path) -> None:
    assert "Python objects" in refused(save(tmp_path / "o.npz", x=np.array([{}], dtype=object))).hint


def test_no_samples_are_refused(tmp_path: Path) -> None:
    assert "no samples" in str(refused(save(tmp_path / "e.npz", x=GOOD[:0])))


@pytest.mark.parametrize("name", ["missing.npz", "missing.npy"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    assert "No such file" in str(refused(tmp_path / name))


@pytest.mark.parametrize("name", ["data.csv", "data"])
def test_another_format(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("1,2,3", encoding="utf-8")
    assert ".npz" in refused(tmp_path / name).hint


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("kept", [0, 10, 60, 300])
def test_a_truncated_file(tmp_path: Path, suffix: str, kept: int) -> None:
    path = tmp_path / f"whole{suffix}"
    if suffix == ".npz":
        save(path, x=GOOD)
    else:
        np.save(path, GOOD)
    path.write_bytes(path.read_bytes()[:kept])
    assert "can't be read" in str(refused(path))


def test_a_flipped_byte_in_a_compressed_file(tmp_path: Path) -> None:
    path = tmp_path / "z.npz"
    np.savez_compressed(path, x=GOOD)
    blob = bytearray(path.read_bytes())
    blob[len(blob) // 2] ^= 0xFF
    path.write_bytes(blob)
    assert "can't be read" in str(refused(path))


def test_names_that_are_not_there(tmp_path: Path) -> None:
    error = refused(save(tmp_path / "names.npz", specs=GOOD, labels=np.arange(5)))
    assert "'x'" in str(error)
    assert "'specs', 'labels'" in error.hint
    assert "'right'" in str(refused(save(tmp_path / "l.npz", left=np.ones((4, 2))), two_inputs()))


def test_inputs_of_different_counts(tmp_path: Path) -> None:
    path = save(tmp_path / "c.npz", left=np.ones((4, 2)), right=np.ones((5, 3)))
    assert "differ in their count" in str(refused(path, two_inputs()))


def test_folder_samples_of_different_shapes(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", GOOD[0])
    np.save(tmp_path / "b.npy", GOOD[0, 0])
    assert "b.npy" in str(refused(tmp_path))


def test_an_empty_folder(tmp_path: Path) -> None:
    assert "no .npy" in str(refused(tmp_path))


def test_token_inputs_must_hold_whole_numbers_that_fit(tmp_path: Path) -> None:
    b = GraphBuilder()
    x = b.input("ids", (1, 3), DType.INT32)
    model = b.model([b.op("CAST", [x], (1, 3), options="CastOptions")])
    loaded = load_samples(save(tmp_path / "i.npz", x=np.array([[1, 2, 3]], np.int64)), model)
    assert loaded.arrays["ids"].dtype == np.int32
    assert "int32" in str(refused(save(tmp_path / "f.npz", x=np.array([[1.0, 2, 3]])), model))
    assert "do not fit" in str(refused(save(tmp_path / "o.npz", x=np.array([[1, 2, 2**40]])), model))


def test_random_samples_are_marked_and_repeat_by_seed() -> None:
    a, b, c = random_samples(FLOAT, 3, 7), random_samples(FLOAT, 3, 7), random_samples(FLOAT, 3, 8)
    assert not a.trusted
    np.testing.assert_array_equal(a.arrays["x"], b.arrays["x"])
    assert not np.array_equal(a.arrays["x"], c.arrays["x"])
    assert np.abs(a.arrays["x"]).max() <= 1
    assert random_samples(quantized_input(), 300, 0).arrays["x"].min() == -128


def test_head_and_feed() -> None:
    samples = Samples(arrays={"x": GOOD}, labels=np.arange(5), source="s")
    assert samples.head(2).count == 2
    assert samples.head(2).labels is not None
    (one,) = samples.feed(3)
    np.testing.assert_array_equal(one, GOOD[3:4])


def test_check_shapes_holds_samples_against_definite_shapes() -> None:
    check_shapes(Samples(arrays={"x": GOOD}, source="s"), FLOAT)
    with pytest.raises(ConfigError, match="s: 'x'"):
        check_shapes(Samples(arrays={"x": GOOD[:, :5]}, source="s"), FLOAT)
