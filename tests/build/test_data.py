"""Data is read for the model as the front end made it, whose axes may be in another order than the file's."""

import dataclasses
from pathlib import Path

import numpy as np
import onnx
import pytest
from frontends._onnx.graphs import model_of, node, noise

from packager.build.data import load_data
from packager.config.request import BuildRequest
from packager.errors import ConfigError
from packager.frontends import ReadOptions, read_model


@pytest.fixture
def request_of(tmp_path: Path) -> BuildRequest:
    path = tmp_path / "net.onnx"
    onnx.save(model_of([node("Conv", "image w", "y")], {"image": [1, 3, "h", "w"]}, {"w": noise(2, 3, 1, 1)}), path)
    shapes = {"image": (1, 3, 4, 6)}
    return BuildRequest(model=path, targets=("host",), out=tmp_path, calibration="random", input_shapes=shapes)


def test_shape_given_in_the_files_axes(request_of: BuildRequest) -> None:
    source = read_model(request_of.model, ReadOptions(input_shapes=request_of.input_shapes))
    data = load_data(request_of, source)
    assert data.golden.arrays["image"].shape[1:] == (4, 6, 3)


def test_data_in_the_files_axes_is_to_be_transposed(request_of: BuildRequest, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((5, 3, 4, 6), np.float32))
    source = read_model(request_of.model, ReadOptions(input_shapes=request_of.input_shapes))
    with pytest.raises(ConfigError, match=r"the input asks for \[n, 4, 6, 3\]") as refusal:
        load_data(dataclasses.replace(request_of, calibration=str(tmp_path / "x.npy")), source)
    assert "x.transpose(0, 2, 3, 1)" in refusal.value.hint
