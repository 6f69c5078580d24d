from typing import Any

import numpy as np
from passes.running import Q, apart, noise

from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.passes.lower_pack import LowerPack


def pack(axis: int, out: tuple[int, ...], quant: QuantParams = Q) -> Model:
    b = GraphBuilder()
    inputs = [b.input(f"x{i}", (2, 3), DType.INT8, Q) for i in range(3)]
    kind: dict[str, Any] = {"options": "PackOptions", "version": 2, "dtype": DType.INT8, "quant": quant}
    return b.model([b.op("PACK", inputs, out, name="y", axis=axis, values_count=3, **kind)])


def test_stacking_is_joining_rows() -> None:
    inputs = [noise((2, 3)) + np.int8(i) for i in range(3)]
    ops, steps = apart(pack(0, (3, 2, 3)), LowerPack(), *inputs)
    assert (sorted(set(ops)), steps) == (["CONCATENATION", "RESHAPE"], 0)


def test_other_axes_and_other_scales_stay() -> None:
    assert not LowerPack().apply(pack(1, (2, 3, 3))).changed
    assert not LowerPack().apply(pack(0, (3, 2, 3), QuantParams.per_tensor(0.1, 0))).changed
