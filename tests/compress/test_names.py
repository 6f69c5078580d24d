"""Layers by a part of their name: one that no other layer has, whatever a converter joined to it."""

import dataclasses
from pathlib import Path

import pytest
from compress.building import request
from prune.networks import Network

from packager.build import build
from packager.compress._names import named, spelled
from packager.compress.magnitude import Magnitude
from packager.compress.sensitivity import Sensitivity
from packager.errors import ConfigError
from packager.ir import Model, Tensor, write_tflite

NAMES = (
    "m/stem_relu/Relu;m/stem_norm/batchnorm/add_1;m/stem/convolution",
    "m/block/conv_1/convolution;m/block/norm_1/batchnorm/add_1",
    "m/block/conv_2/convolution",
    "m/digit/MatMul;m/digit/BiasAdd",
)


def network() -> Model:
    n = Network(3, integer=False)
    y = n.conv(n.conv(n.conv(n.input(1, 6, 6, 2), 24, 3), 16, 3), 16)
    model = n.model(n.dense(n.mean(y), 4))
    weighty = [node.outputs[0] for node in model.main.nodes if node.op != "MEAN"]

    def renamed(index: int, tensor: Tensor) -> Tensor:
        return dataclasses.replace(tensor, name=NAMES[weighty.index(index)]) if index in weighty else tensor

    return model.with_main(model.main.with_tensors(renamed))


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        (NAMES[1], NAMES[1]),
        ("m/block/conv_1/convolution", NAMES[1]),
        ("conv_1", NAMES[1]),
        ("stem", NAMES[0]),
        ("MatMul", NAMES[3]),
        ("conv_9", "conv_9"),
        ("", ""),
    ],
)
def test_a_part_that_only_one_layer_has_stands_for_it(part: str, whole: str) -> None:
    assert spelled(Magnitude(ratio=0.5, layers=(part,)), network().main) == Magnitude(ratio=0.5, layers=(whole,))


def test_a_part_of_several_layers_is_refused_with_what_tells_them_apart() -> None:
    with pytest.raises(ConfigError, match="skip: 'block' is part of 2 layers' names") as caught:
        spelled(Magnitude(ratio=0.5, skip=("block",)), network().main)
    assert caught.value.hint == "write 'conv_1' or 'conv_2'"


def test_a_step_without_names_is_left_alone() -> None:
    assert spelled(Sensitivity(), network().main) == Sensitivity()


@pytest.mark.parametrize(
    ("wrong", "hint"), [("convv_2", "did you mean 'conv_2'?"), ("x", "known: conv_1, conv_2, digit, stem")]
)
def test_what_is_no_layers_is_refused_with_the_nearest_part(wrong: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f"layers: no layer {wrong!r}") as caught:
        named(NAMES, [wrong], "layers")
    assert caught.value.hint == hint


def test_a_build_takes_the_short_name(tmp_path: Path) -> None:
    (tmp_path / "steps.toml").write_text('[[steps]]\nstep = "magnitude"\nratio = 0.5\nlayers = ["conv_1"]\n', "utf-8")
    asked = request(tmp_path, prune=str(tmp_path / "steps.toml"))
    asked.model.write_bytes(write_tflite(network()))
    (bundle,) = build(asked).bundles
    assert bundle.report.compression is not None
    (step,) = bundle.report.compression.steps
    assert ["conv_1" in row[0] for row in step.rows] == [True]
