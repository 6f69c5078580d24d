"""The engine `c`."""

from pathlib import Path

import numpy as np
import pytest
from emit.c.making import emitted, written
from ops.convolving import Case, dense
from ops.judging import inputs_for

from packager.interp import reference
from packager.ir import write_tflite
from packager.measure.c import compiler
from packager.measure.engines import engine_names, find_engine
from packager.ops import ARITHMETICS


def test_it_is_found_by_name() -> None:
    assert "c" in engine_names()


@pytest.mark.skipif(not compiler(), reason="no C compiler is here")
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_it_computes_the_bundles_arithmetic(arithmetic: str, tmp_path: Path) -> None:
    model = dense(Case(shape=(1, 40), channels=9))
    inputs = inputs_for(model, 5)
    written(tmp_path, emitted(model, arithmetic, inputs))
    (tmp_path / "m.tflite").write_bytes(write_tflite(model))
    (found,) = find_engine("c")(tmp_path, tmp_path / "m.tflite", inputs)
    np.testing.assert_array_equal(found, reference.run(model, inputs, arithmetic)[0])
