"""The five MLPerf Tiny int8 models against LiteRT, integer by integer, on real inputs where there are some."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from reference import MLPERF_INT8, reference

from packager.interp import litert
from packager.interp import reference as ours
from packager.ir import Model, read_tflite

Array = npt.NDArray[Any]
ENGINES = {"integer": "reference", "xnnpack": "default"}


def inputs_of(name: str, model: Model, count: int) -> Array:
    """Real inputs for keyword spotting, image classification and the wake word; random ones for the other two."""
    type_ = model.input_types()[0]
    assert type_.quant is not None
    if "kws" in name:
        with np.load(reference("mlperf-tiny/kws01.npz")) as data:
            x: Array = data["x"][:count]
        return x
    if "Resnet" in name:
        with np.load(reference("cifar10/test.npz")) as data:
            return type_.quant.quantize(data["x"][:count], "int8")
    if "str_ww" in name:
        with np.load(reference("mlperf-tiny/str_ww_calibration_samples.npz")) as data:
            return type_.quant.quantize(data["specs"][:count].reshape(-1, *type_.dims[1:]), "int8")
    return np.random.default_rng(0).integers(-128, 128, (count, *type_.dims[1:])).astype(np.int8)


def compare(name: str, arithmetic: str, count: int) -> None:
    path = reference(name)
    model = read_tflite(path)
    x = inputs_of(name, model, count)
    (mine,) = ours.run(model, [x], arithmetic)
    (yours,) = litert.run_litert(path.read_bytes(), [x], resolver=ENGINES[arithmetic])
    np.testing.assert_array_equal(mine, yours)


@pytest.mark.parametrize("arithmetic", ENGINES)
@pytest.mark.parametrize("name", MLPERF_INT8)
def test_outputs_are_the_same_integers(name: str, arithmetic: str) -> None:
    compare(name, arithmetic, 20)


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ENGINES)
@pytest.mark.parametrize("name", MLPERF_INT8)
def test_outputs_of_500_inputs_are_the_same_integers(name: str, arithmetic: str) -> None:
    compare(name, arithmetic, 500)


@pytest.mark.parametrize("name", MLPERF_INT8)
def test_every_tensor_is_the_same(name: str) -> None:
    """LiteRT's reference kernels, layer by layer; its optimized ones hide what XNNPACK fused."""
    path = reference(name)
    model = read_tflite(path)
    x = inputs_of(name, model, 3)
    mine = ours.trace(model, [x], "integer")
    computed = [t for node in model.main.nodes for t in node.outputs if node.op != "RESHAPE"]
    yours = litert.trace_litert(path.read_bytes(), [x], computed, resolver="reference")
    reused = {t for node in model.main.nodes if node.op == "ADD" for t in node.inputs}
    for t in computed:
        if t not in reused:  # ADD may write over its own input, even where tensors are preserved
            np.testing.assert_array_equal(mine[t], yours[t], err_msg=model.main.tensors[t].name)


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        ("mlperf-tiny/kws_ref_model.tflite", 2_656_768),
        ("mlperf-tiny/pretrainedResnet_quant.tflite", 12_501_632),
        ("mlperf-tiny/vww_96_int8.tflite", 7_489_664),
        ("mlperf-tiny/ad01_int8.tflite", 264_192),
    ],
)
def test_macs_are_the_published_ones(name: str, macs: int) -> None:
    from packager.ops import call_of, find_op

    graph = read_tflite(reference(name)).main
    total = 0
    for node in graph.nodes:
        op = find_op(node.op)
        assert op is not None
        total += op.macs(call_of(graph, node))
    assert total == macs
