from pathlib import Path

import numpy as np
import pytest
from sample_bundle import tiny_inputs, tiny_model

from packager.errors import ConfigError, UnsupportedError
from packager.interp import reference
from packager.interp.litert import run_litert
from packager.ir import write_tflite
from packager.measure.engines import engine_names, find_engine


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(tiny_model()))
    return path


def test_an_engine_is_a_module() -> None:
    assert {"litert", "numpy", "onnxruntime", "hls"} <= set(engine_names())
    assert not any(name.startswith("_") for name in engine_names())


@pytest.mark.parametrize("name", ["litret", "litert-refrence", "numpy-", "_private", "", "engines.litert"])
def test_names_the_nearest(name: str) -> None:
    if name == "numpy-":
        assert find_engine(name) is find_engine("numpy")
        return
    with pytest.raises(ConfigError, match="no engine is called") as caught:
        find_engine(name)
    assert "litert" in caught.value.hint


@pytest.mark.parametrize("resolver", ["default", "reference", "builtin"])
def test_litert_is_litert_with_that_resolver(artifact: Path, resolver: str) -> None:
    inputs = [tiny_inputs()]
    (found,) = find_engine(f"litert-{resolver}")(artifact.parent, artifact, inputs)
    (wanted,) = run_litert(artifact.read_bytes(), inputs, resolver=resolver)
    assert np.array_equal(found, wanted)
    assert found.shape == (5, 3)
    assert found.dtype.name == "int8"


@pytest.mark.parametrize("arithmetic", ["xnnpack", "integer"])
def test_numpy_is_the_reference_in_that_arithmetic(artifact: Path, arithmetic: str) -> None:
    inputs = [tiny_inputs()]
    (found,) = find_engine(f"numpy-{arithmetic}")(artifact.parent, artifact, inputs)
    assert np.array_equal(found, reference.run(tiny_model(), inputs, arithmetic)[0])


def test_two_engines_agree(artifact: Path) -> None:
    (one,) = find_engine("litert")(artifact.parent, artifact, [tiny_inputs()])
    (other,) = find_engine("numpy")(artifact.parent, artifact, [tiny_inputs()])
    assert np.array_equal(one, other)


@pytest.mark.parametrize("engine", ["litert", "numpy"])
@pytest.mark.parametrize(
    "inputs", [[], [tiny_inputs()[:, :3]], [tiny_inputs().astype(np.float32)], [tiny_inputs(), tiny_inputs()]]
)
def test_inputs_that_do_not_fit(artifact: Path, engine: str, inputs: list[np.ndarray]) -> None:
    with pytest.raises(ConfigError):
        find_engine(engine)(artifact.parent, artifact, inputs)


@pytest.mark.parametrize("engine", ["litert", "numpy"])
def test_a_broken_model_is_refused(artifact: Path, engine: str) -> None:
    artifact.write_bytes(b"\x1c\0\0\0TFL3" + bytes(40))
    with pytest.raises(UnsupportedError):
        find_engine(engine)(artifact.parent, artifact, [tiny_inputs()])
