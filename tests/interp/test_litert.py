"""LiteRT in its child process."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from ops.convolving import Case, convolution
from ops.judging import inputs_for, plain, unary
from ops.judging import litert as in_process

from packager.errors import ConfigError, ToolError, UnsupportedError
from packager.interp.litert import RESOLVERS, litert_version, run_litert, trace_litert
from packager.ir import GraphBuilder, write_tflite


def test_outputs_are_those_of_the_interpreter_itself(capfd: pytest.CaptureFixture[str]) -> None:
    model = convolution(Case())
    inputs = inputs_for(model, 4)
    for resolver, name in RESOLVERS.items():
        capfd.readouterr()
        (ours,) = run_litert(write_tflite(model), inputs, resolver=resolver, threads=2)
        captured = capfd.readouterr()
        assert captured.out == captured.err == ""
        np.testing.assert_array_equal(ours, in_process(model, inputs, name)[0])


def test_several_inputs_keep_the_models_order() -> None:
    b = GraphBuilder()
    first, second = b.input("a", (1, 2)), b.input("b", (1, 3))
    out = b.op("CONCATENATION", [second, first], (1, 5), options="ConcatenationOptions", axis=1)
    x, y = np.asarray([[1, 2]], np.float32), np.asarray([[3, 4, 5]], np.float32)
    (found,) = run_litert(write_tflite(b.model([out])), [x, y])
    np.testing.assert_array_equal(found, [[3, 4, 5, 1, 2]])


def test_trace_gives_inner_tensors() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 3))
    inner = b.op("RELU", [x], (1, 3))
    out = b.op("LOGISTIC", [inner], (1, 3))
    values = np.asarray([[-1, 0, 2], [3, -4, 5]], np.float32)
    found = trace_litert(write_tflite(b.model([out])), [values], [inner, out])
    np.testing.assert_array_equal(found[inner], np.maximum(values, 0))
    assert found[out].shape == (2, 3)


def test_a_model_that_litert_refuses_is_one_line() -> None:
    with pytest.raises(UnsupportedError, match=r"LiteRT .* refuses the model: .*has_bias") as caught:
        run_litert(write_tflite(convolution(Case(bias=False))), inputs_for(convolution(Case(bias=False)), 1))
    assert "\n" not in str(caught.value)


def test_a_custom_operator_that_litert_lacks_says_where_the_graph_could_end() -> None:
    b = GraphBuilder()
    x = b.input("scores", (1, 3))
    decoded = b.op("CUSTOM", [b.op("RELU", [x], (1, 3), name="heatmap"), x], (1, 3))
    b.nodes[-1] = dataclasses.replace(b.nodes[-1], custom_code="SomeDecoder")
    with pytest.raises(UnsupportedError, match="unresolved custom op: SomeDecoder") as caught:
        run_litert(write_tflite(b.model([decoded])), [np.zeros((1, 3), np.float32)])
    assert caught.value.hint == "end the graph before it: --cut-at 'heatmap' --cut-at 'scores'"


def test_bytes_that_are_no_model_are_refused() -> None:
    with pytest.raises((UnsupportedError, ToolError)) as caught:
        run_litert(b"\x1c\0\0\0TFL3" + b"\xff" * 40, [np.zeros((1, 1), np.float32)])
    assert "\n" not in str(caught.value)


def test_a_crash_is_an_error_with_the_signals_name() -> None:
    """The reference softmax aborts where the exponentials of a row add up to 512 or more."""
    model = unary("SOFTMAX", (1, 1000), x=(0.0001, 0), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0)
    with pytest.raises(ToolError, match="SIGABRT"):
        run_litert(write_tflite(model), [np.zeros((1, 1000), np.int8)], resolver="reference")


def test_bad_inputs_say_what_was_wanted() -> None:
    blob = write_tflite(plain("RELU", (1, 3)))
    with pytest.raises(ConfigError, match="1 inputs, 0 arrays"):
        run_litert(blob, [])
    with pytest.raises(ConfigError, match=r"float32 samples of \[1, 3\]"):
        run_litert(blob, [np.zeros((2, 4), np.float32)])
    with pytest.raises(ConfigError, match="float32 samples"):
        run_litert(blob, [np.zeros((2, 3), np.int8)])


def test_the_version_is_known_without_importing_litert() -> None:
    code = "import sys, packager.interp.litert as l; print(l.litert_version(), 'ai_edge_litert' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout.split() == [litert_version(), "False"]
