"""`quantize_model` from end to end: every shipped recipe, integer sources, missing data, memory, determinism."""

import subprocess
import sys

import numpy as np
import pytest
from quantize.tiny import INT8, chain, classifier, samples_for
from reference import reference

from packager.config.recipe import load_recipe, recipe_names
from packager.config.samples import Samples, random_samples
from packager.errors import ConfigError, Severity, UnsupportedError
from packager.ir import Activation, GraphBuilder, Model, difference, read_tflite, read_tflite_bytes, write_tflite
from packager.quantize import kind_of, quantize_model
from packager.quantize.fidelity import real_outputs, sqnr_db

MODEL = classifier()


@pytest.mark.parametrize("name", recipe_names())
def test_every_shipped_recipe_makes_a_model_that_computes_nearly_the_same(name: str) -> None:
    samples = samples_for(MODEL, 30)
    found = quantize_model(MODEL, load_recipe(name), samples)
    (reference_,), (actual,) = real_outputs(MODEL, samples), real_outputs(found.model, samples)
    assert sqnr_db(reference_, actual) > 15
    assert found.plan is not None
    assert found.plan.recipe == name
    assert found.float_model is not None
    assert set(found.ranges) == set(found.float_model.main.activations() if load_recipe(name).needs_samples else ())


def test_a_clamped_layer_of_next_to_nothing_still_runs() -> None:
    """As in a deep network of random weights: 6 over the layer's own scale is no integer of 32 bits."""
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    weights = b.const(np.full((3, 4), 1e-12, np.float32), "w")
    out = b.op(
        "FULLY_CONNECTED", [x, weights], (1, 3), options="FullyConnectedOptions", name="y",
        fused_activation_function=Activation.RELU6,
    )  # fmt: skip
    model = b.model([out], "faint")
    samples = samples_for(model)
    found = quantize_model(model, INT8, samples)
    (outputs,) = real_outputs(found.model, samples)
    assert not outputs.any()
    assert found.ranges[out].reason.endswith("widened for its clamp")


def test_the_same_call_makes_the_same_bytes() -> None:
    first, second = (write_tflite(quantize_model(MODEL, INT8, samples_for(MODEL)).model) for _ in range(2))
    assert first == second


def test_the_model_equals_its_own_file() -> None:
    found = quantize_model(MODEL, INT8, samples_for(MODEL)).model
    assert difference(found, read_tflite_bytes(write_tflite(found))) is None


@pytest.mark.parametrize(
    ("name", "tools"),
    [("float32", ["ai-edge-litert"]), ("float16", ["ai-edge-litert", "ai-edge-quantizer"])],
)
def test_the_libraries_are_told_for_the_manifest(name: str, tools: list[str]) -> None:
    assert [tool for tool, _ in quantize_model(MODEL, load_recipe(name)).tools] == tools


def test_missing_data_says_what_and_how() -> None:
    with pytest.raises(ConfigError, match="needs calibration data") as caught:
        quantize_model(MODEL, INT8)
    assert "--calibration inputs.npz" in caught.value.hint
    assert "--calibration random" in caught.value.hint


@pytest.mark.parametrize("name", ["float32", "float16", "dynamic-int8"])
def test_schemes_without_integer_activations_need_no_data(name: str) -> None:
    assert quantize_model(MODEL, load_recipe(name)).ranges == {}


def test_random_data_marks_the_outcome() -> None:
    (note,) = quantize_model(MODEL, INT8, random_samples(MODEL, 8, 0)).notes
    assert note.severity is Severity.WARNING
    assert "untrusted" in note.message
    assert quantize_model(MODEL, INT8, samples_for(MODEL)).notes == ()


def test_samples_are_held_against_the_shapes_that_came_out() -> None:
    samples = Samples(arrays={"x": np.zeros((3, 6, 5, 2), np.float32)}, source="wrong.npz")
    with pytest.raises(ConfigError, match=r"wrong\.npz: 'x'"):
        quantize_model(MODEL, INT8, samples)


def test_asked_edges_override_the_recipes() -> None:
    found = quantize_model(MODEL, INT8, samples_for(MODEL), inputs="uint8", outputs="float32").model
    assert (found.input_types()[0].dtype, found.output_types()[0].dtype) == ("uint8", "float32")


def test_an_integer_model_is_taken_as_it_is() -> None:
    integer = quantize_model(MODEL, INT8, samples_for(MODEL)).model
    again = quantize_model(integer, load_recipe("int8-per-channel-uint8-io"))
    assert difference(again.model, integer) is None
    assert (again.float_model, again.ranges, again.plan) == (None, {}, None)
    assert "quantized already" in again.notes[0].message
    asked = quantize_model(integer, INT8, inputs="uint8").model
    assert asked.input_types()[0].dtype == "uint8"


def test_a_half_quantized_model_is_refused() -> None:
    half = quantize_model(MODEL, load_recipe("dynamic-int8")).model
    with pytest.raises(UnsupportedError, match="neither a float nor an integer model"):
        quantize_model(half, INT8, samples_for(MODEL))


def test_an_unsupported_operator_is_named() -> None:
    model = chain("RELU", "ELU")
    with pytest.raises(UnsupportedError, match="ELU #1 'elu_1'"):
        quantize_model(model, INT8, samples_for(model))


def test_importing_is_light() -> None:
    code = "import sys, packager.quantize; print({'ai_edge_litert', 'ai_edge_quantizer', 'scipy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["ad01_fp32", "pretrainedResnet", "vww_96_float"])
def test_reference_models_become_full_integer(name: str) -> None:
    model = read_tflite(reference(f"mlperf-tiny/{name}.tflite"))
    found = quantize_model(model, INT8, random_samples(model, 4, 0))
    assert kind_of(found.model) == "integer"
    assert len(found.model.main.nodes) == len(model.main.nodes)


def test_resnet_on_real_pictures_loses_little() -> None:
    model = read_tflite(reference("mlperf-tiny/pretrainedResnet.tflite"))
    with np.load(reference("cifar10/test.npz")) as data:
        pictures = data["x"][:100].astype(np.float32)
    samples = Samples(arrays={"input_1": pictures}, source="test.npz")
    found = quantize_model(model, INT8, samples.head(50))
    (reference_,), (actual,) = real_outputs(model, samples), real_outputs(found.model, samples)
    assert np.mean(reference_.argmax(1) == actual.argmax(1)) >= 0.9


def large(megabytes: int) -> Model:
    b = GraphBuilder()
    y = b.input("x", (1, 1024))
    rng = np.random.default_rng(0)
    for i in range(megabytes // 4):
        weights = b.const(rng.normal(scale=0.03, size=(1024, 1024)).astype(np.float32), f"w{i}")
        bias = b.const(np.zeros(1024, np.float32), f"b{i}")
        y = b.op("FULLY_CONNECTED", [y, weights, bias], (1, 1024), options="FullyConnectedOptions", name=f"dense_{i}")
    return b.model([y], "large")


PEAK = """
import resource, sys
sys.path.insert(0, "tests")
from quantize.test_pipeline import INT8, large, quantize_model, samples_for
model = large(100)
quantize_model(model, INT8, samples_for(model, 4))
who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
print(max(resource.getrusage(w).ru_maxrss for w in who) // 1024)
"""


@pytest.mark.slow
def test_memory_stays_under_four_models_and_200_mb() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, check=True, encoding="utf-8")
    assert int(done.stdout) < 4 * 100 + 200
