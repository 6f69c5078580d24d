import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.ir import DType, QuantParams, TensorType
from packager.ir._schema import code_of, dtype_of, names_of


def test_every_type_of_the_schema_is_known() -> None:
    for code in names_of("TensorType"):
        assert code_of(dtype_of(code)) == code
    assert len(names_of("TensorType")) == len(DType)


@pytest.mark.parametrize("dtype", DType)
def test_bits_agree_with_numpy(dtype: DType) -> None:
    if dtype.numpy is not None:
        assert dtype.bits == dtype.numpy.itemsize * 8
    assert not (dtype.is_float and dtype.is_integer)


@pytest.mark.parametrize(
    ("dtype", "shape", "nbytes"),
    [
        (DType.FLOAT32, (2, 3), 24),
        (DType.INT8, (), 1),
        (DType.INT4, (3,), 2),
        (DType.INT2, (5,), 2),
        (DType.BFLOAT16, (3,), 6),
        (DType.INT8, (1, -1), 1),
        (DType.INT8, (0, 4), 0),
    ],
)
def test_nbytes(dtype: DType, shape: tuple[int, ...], nbytes: int) -> None:
    assert TensorType(dtype=dtype, shape=shape).nbytes == nbytes


def test_dynamic_dimensions_are_those_of_the_signature() -> None:
    assert TensorType(dtype=DType.FLOAT32, shape=(1, 4), signature=(-1, 4)).dynamic_dims == (0,)
    assert TensorType(dtype=DType.FLOAT32, shape=(-1, 4)).dynamic_dims == (0,)
    assert TensorType(dtype=DType.FLOAT32, shape=(1, 4)).dynamic_dims == ()


@given(
    st.floats(2**-20, 1000, width=32),
    st.integers(-128, 127),
    st.lists(st.integers(-128, 127), min_size=1, max_size=20),
)
def test_quantize_undoes_dequantize(scale: float, zero_point: int, values: list[int]) -> None:
    params = QuantParams.per_tensor(scale, zero_point)
    q = np.array(values, np.int8)
    np.testing.assert_array_equal(params.quantize(params.dequantize(q), np.int8), q)


@given(st.floats(2**-10, 10, width=32), st.integers(-128, 127), st.floats(-1e4, 1e4, width=32))
def test_quantize_errs_by_half_a_step_or_saturates(scale: float, zero_point: int, real: float) -> None:
    params = QuantParams.per_tensor(scale, zero_point)
    q = int(params.quantize(np.array([real], np.float32), np.int8)[0])
    low, high = (-128 - zero_point) * scale, (127 - zero_point) * scale
    back = float(params.dequantize(np.array([q], np.int8))[0])
    assert abs(back - min(max(real, low), high)) <= scale * 0.5 * (1 + 1e-4) + 1e-6


def test_ties_go_to_even() -> None:
    params = QuantParams.per_tensor(1.0)
    np.testing.assert_array_equal(params.quantize([0.5, 1.5, 2.5, -0.5, -1.5], np.int8), [0, 2, 2, 0, -2])


def test_per_channel_scales_run_along_their_axis() -> None:
    params = QuantParams(scale=(1.0, 2.0, 4.0), zero_point=(0, 0, 1), axis=1)
    real = params.dequantize(np.ones((2, 3), np.int8))
    np.testing.assert_array_equal(real, [[1, 2, 0], [1, 2, 0]])
    np.testing.assert_array_equal(params.quantize(real, np.int8), np.ones((2, 3), np.int8))
    assert params.is_per_channel


def test_scale_is_kept_in_the_files_precision() -> None:
    assert QuantParams.per_tensor(0.1).scale == (float(np.float32(0.1)),)
