import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from packager.ir import GraphBuilder
from packager.plan.sparsity import is_two_of_four, sparse_layers


@given(arrays(np.int8, st.tuples(st.integers(1, 3), st.integers(1, 12)), elements=st.integers(-1, 1)))
def test_it_is_the_definition(weights: "np.ndarray[tuple[int, ...], np.dtype[np.int8]]") -> None:
    rows = [row[i : i + 4] for row in weights.tolist() for i in range(0, len(row), 4)]
    whole = weights.shape[1] % 4 == 0
    assert is_two_of_four(weights) == (whole and all(r.count(0) >= 2 for r in rows) and bool(weights.any()))


@pytest.mark.parametrize(("value", "found"), [(0.0, (0,)), (1.0, ())])
def test_constant_weights_of_a_layer(value: float, found: tuple[int, ...]) -> None:
    b = GraphBuilder()
    weights = b.const(np.array([[1, 0, 2, value]], np.float32))
    x = b.input("x", (1, 4))
    y = b.op("FULLY_CONNECTED", [x, weights], (1, 1), options="FullyConnectedOptions")
    z = b.op("FULLY_CONNECTED", [x, b.input("w", (1, 4))], (1, 1), options="FullyConnectedOptions")
    assert sparse_layers(b.model([y, z]).main) == found
