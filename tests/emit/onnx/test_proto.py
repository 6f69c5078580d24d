"""The file itself: unique names, constants as they are, limits."""

import numpy as np
import onnx
import pytest

from packager import __version__
from packager.emit.onnx import proto
from packager.emit.onnx.proto import OnnxGraph
from packager.errors import UnsupportedError


def small() -> OnnxGraph:
    graph = OnnxGraph("small", opset=13, reserved=["x", "y"])
    graph.input("x", np.float32, (1, 3))
    graph.output("y", np.float32, (1, 3))
    graph.rename(graph.node("Add", ["x", graph.constant(np.ones(3, np.float32), "x")], "sum"), "y")
    return graph


def test_a_name_that_is_taken_gets_a_number() -> None:
    graph = small()
    assert [graph.fresh("x"), graph.fresh("x"), graph.fresh("x_1"), graph.fresh("z")] == ["x_2", "x_3", "x_1_1", "z"]


def test_the_header_names_edgepack_and_the_least_ir_version() -> None:
    model = onnx.load_from_string(small().serialize())
    assert (model.producer_name, model.producer_version) == ("edgepack", __version__)
    assert (model.ir_version, model.opset_import[0].version) == (7, 13)
    assert not model.graph.doc_string


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.int64, np.bool_])
@pytest.mark.parametrize("shape", [(), (0,), (2, 3)])
def test_constants_are_kept(dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype).T
    graph = small()
    name = graph.constant(array, "c")
    kept = {c.name: onnx.numpy_helper.to_array(c) for c in onnx.load_from_string(graph.serialize()).graph.initializer}
    assert kept[name].dtype == array.dtype
    assert np.array_equal(kept[name], array)


def test_a_broken_graph_never_leaves() -> None:
    graph = small()
    graph.node("Add", ["nowhere", "x"], "broken")
    with pytest.raises(onnx.checker.ValidationError, match="nowhere"):
        graph.serialize()


def test_a_file_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proto, "_PROTOBUF_LIMIT", 100)
    with pytest.raises(UnsupportedError, match="over 2 GiB"):
        small().serialize()
