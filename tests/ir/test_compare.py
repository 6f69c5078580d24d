import dataclasses

import numpy as np
from ir.tiny import float_model

from packager.ir import difference, frozen


def test_equal_models_do_not_differ_whatever_their_names() -> None:
    assert difference(float_model(), dataclasses.replace(float_model(), name="other")) is None


def test_first_difference_is_named() -> None:
    model = float_model()
    tensors = list(model.main.tensors)
    data = tensors[1].data
    assert data is not None
    changed = data.copy()
    changed[0, 0, 0, 0] += 1
    tensors[1] = dataclasses.replace(tensors[1], data=frozen(changed))
    found = difference(model, model.with_main(dataclasses.replace(model.main, tensors=tuple(tensors))))
    assert found is not None
    assert found.startswith("graph 0 tensor 1: data")


def test_an_operator_less_is_a_difference() -> None:
    model = float_model()
    shorter = model.with_main(dataclasses.replace(model.main, nodes=model.main.nodes[:-1]))
    assert difference(model, shorter) == "graph 0 4 nodes != 3"


def test_bits_are_compared_not_values() -> None:
    model = float_model()
    tensors = list(model.main.tensors)
    zeros = np.zeros(3, np.float32)
    positive = dataclasses.replace(tensors[2], data=frozen(zeros))
    negative = dataclasses.replace(tensors[2], data=frozen(-zeros))
    one = model.with_main(dataclasses.replace(model.main, tensors=(*tensors[:2], positive, *tensors[3:])))
    other = model.with_main(dataclasses.replace(model.main, tensors=(*tensors[:2], negative, *tensors[3:])))
    assert difference(one, other) is not None
