"""A flatten of an image before a fully connected layer: columns reordered, but not those of 2:4 sparse weights."""

import dataclasses

import numpy as np
import onnx
import pytest
from emit.onnx.judging import judge
from prune.networks import Network

from packager.ir import Model, Tensor
from packager.plan.onnx_sparsity import sparse_nodes


def network(*, sparse: bool) -> Model:
    n = Network(3, integer=False)
    model = n.model(n.dense(n.flatten(n.pool(n.conv(n.input(1, 6, 6, 4), 16, 3))), 8))

    def pruned(_: int, tensor: Tensor) -> Tensor:
        if tensor.data is None or tensor.data.ndim < 2 or tensor.data.shape[-1] % 4:
            return tensor
        stays = np.resize(np.array([1, 0, 0, 1], np.float32), tensor.data.shape[-1])
        return dataclasses.replace(tensor, data=tensor.data * stays)

    return model.with_main(model.main.with_tensors(pruned)) if sparse else model


@pytest.mark.parametrize(("sparse", "turned"), [(False, 1), (True, 2)])
def test_sparse_columns_stay_neighbours(sparse: bool, turned: int) -> None:  # noqa: FBT001 - a case's name
    content = judge(network(sparse=sparse))
    ops = [node.op_type for node in onnx.load_from_string(content).graph.node]
    assert ops.count("Transpose") == turned
    assert len(sparse_nodes(content)) == (2 if sparse else 0)
