"""Code that was generated for one model gives the reference's integers, or there is no bundle."""

import numpy as np
import pytest

from packager.build.examine import _disagreement
from packager.build.golden import GoldenRun
from packager.errors import IntegrityError


def run(engine: str, value: int) -> GoldenRun:
    return GoldenRun(engine=engine, outputs=(np.array([[3, value]], np.int8),), runtime="test", version="1")


@pytest.mark.parametrize(("engine", "what"), [("c", "generated C"), ("hls", "C simulation")])
def test_generated_code_that_differs_stops_the_build(engine: str, what: str) -> None:
    assert not _disagreement([run(engine, 7), run("numpy-integer", 7)])
    with pytest.raises(IntegrityError, match=f"the {what} differs from numpy-integer by up to 2 on the golden inputs"):
        _disagreement([run(engine, 5), run("numpy-integer", 7)])


def test_another_runtime_that_differs_is_told() -> None:
    (note,) = _disagreement([run("litert-default", 127), run("numpy-xnnpack", -128)])
    assert "differ by up to 255" in note.message
    assert not _disagreement([run("litert-default", 1)])
