"""A PAD goes into the convolution behind it, to the bit, where SAME pads alike; else both stay."""

import dataclasses

import numpy as np
import pytest
from prune.networks import Network, assert_same

from packager.ir import Model, Padding, verify
from packager.passes.fuse_pad import FusePad


def padded(*, integer: bool, kernel: int = 3, stride: int = 1, edges: tuple[int, int] = (1, 1), size: int = 7) -> Model:
    n = Network(2, integer=integer, zero_point=-5)
    x = n.conv(n.input(1, size, size, 4), 6, 1)
    table = n.b.const(np.array([[0, 0], edges, edges, [0, 0]], np.int32))
    y = n.layer("PAD", [x, table], (1, size + sum(edges), size + sum(edges), 6), "PadOptions")
    return n.model(n.conv(y, 5, kernel, stride=stride, padding=Padding.VALID))


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize(
    ("kernel", "stride", "edges", "size", "goes"),
    [
        (3, 1, (1, 1), 7, True),
        (5, 1, (2, 2), 7, True),
        (3, 2, (1, 1), 7, True),
        (3, 2, (0, 1), 8, True),
        (3, 2, (1, 1), 8, False),
        (3, 1, (2, 0), 7, False),
        (3, 1, (2, 2), 7, False),
        (1, 1, (1, 1), 7, False),
    ],
)
def test_it_goes_where_same_pads_alike(
    *, integer: bool, kernel: int, stride: int, edges: tuple[int, int], size: int, goes: bool
) -> None:
    model = padded(integer=integer, kernel=kernel, stride=stride, edges=edges, size=size)
    result = FusePad().apply(model)
    assert result.changed == goes
    assert [node.op for node in result.model.main.nodes].count("PAD") == (0 if goes else 1)
    assert list(verify(result.model)) == []
    if goes:
        assert_same(model, result.model)


def test_another_reader_keeps_the_padded_tensor() -> None:
    n = Network(2, integer=False)
    x = n.pad(n.conv(n.input(1, 6, 6, 4), 6, 1))
    y = n.conv(x, 5, 3, padding=Padding.VALID)
    model = n.model(y, x)
    result = FusePad().apply(model)
    assert [node.op for node in result.model.main.nodes] == ["CONV_2D", "PAD", "CONV_2D"]
    assert result.model.main.nodes[2].attrs["padding"] == Padding.SAME
    assert_same(model, result.model)


def test_what_is_padded_with_other_channels_or_already_padded_stays() -> None:
    n = Network(2, integer=False)
    model = n.model(n.conv(n.pad(n.input(1, 6, 6, 4)), 5, 3, padding=Padding.SAME))
    assert not FusePad().apply(model).changed
    wide = padded(integer=False)
    node = wide.main.nodes[1]
    edges = np.array([[0, 0], [1, 1], [1, 1], [0, 1]], np.int32)
    odd = dataclasses.replace(wide.main.tensors[node.inputs[1]], data=edges)
    graph = wide.main.with_tensors(lambda i, t: odd if i == node.inputs[1] else t)
    assert not FusePad().apply(wide.with_main(graph)).changed
