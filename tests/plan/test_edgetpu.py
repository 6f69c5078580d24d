"""The mapping told beforehand: right on what the real compiler did, and rule by rule on small graphs."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from reference import reference

from packager.config.edgetpu import load_edgetpu_compiler
from packager.errors import ConfigError, Diagnostic, Severity
from packager.figure import Place
from packager.ir import ABSENT, DType, Graph, GraphBuilder, Model, Node, QuantParams, read_tflite
from packager.plan import _edgetpu_rules as rules
from packager.plan._edgetpu_rules import Status
from packager.plan.edgetpu import Verdict, predict_mapping, refusals

COMPILER = load_edgetpu_compiler("16.0")
Q = QuantParams(scale=(0.1,), zero_point=(0,))
UNCERTAIN_SHARE = 0.01


class Int8Builder(GraphBuilder):
    """Everything int8, to keep the cases short."""

    def image(self, *shape: int, dtype: DType = DType.INT8) -> int:
        return self.input(f"x{len(self.tensors)}", shape, dtype, Q)

    def add(self, op: str, inputs: list[int], *shape: int, dtype: DType = DType.INT8, **attrs: Any) -> int:
        return self.op(op, inputs, shape, dtype=dtype, quant=Q, **attrs)

    def ints(self, *values: int) -> int:
        return self.const(np.array(values, np.int32))

    def weights(self, *shape: int) -> int:
        return self.const(np.ones(shape, np.int8), quant=Q)


def verdict(b: GraphBuilder, out: int, index: int = -1) -> Verdict:
    return predict_mapping(b.model([out]), COMPILER).verdicts[index]


def errors(model: Model) -> list[Diagnostic]:
    return [d for d in refusals(model, COMPILER) if d.severity is Severity.ERROR]


def test_every_operator_of_thirty_models_goes_where_the_compiler_put_it() -> None:
    wrong, total, uncertain = [], 0, 0
    for row in json.loads(reference("edgetpu/truth.json").read_text(encoding="utf-8")):
        model = read_tflite(reference(f"edgetpu/{row['file']}"))
        mapping = predict_mapping(model, COMPILER)
        total += len(row["mapped"])
        uncertain += mapping.count(Place.UNCERTAIN)
        wrong += [
            f"{row['file']}: {model.main.where(i)}: {v.reason}"
            for i, (v, mapped) in enumerate(zip(mapping.verdicts, row["mapped"], strict=True))
            if (v.place is Place.TPU) is not mapped
        ]
        assert not errors(model), row["file"]
    assert not wrong
    assert uncertain <= UNCERTAIN_SHARE * total


def test_the_statuses_are_those_of_the_compilers_logs() -> None:
    for row in json.loads(reference("edgetpu/truth.json").read_text(encoding="utf-8")):
        model = read_tflite(reference(f"edgetpu/{row['file']}"))
        told = {
            (n.op, v.status) for n, v in zip(model.main.nodes, predict_mapping(model, COMPILER).verdicts, strict=True)
        }
        said = {(op, status) for op, _, status in row["compiler_log"] or []}
        known = {
            (op, status) for op, status in told if op not in {"RESHAPE", "TRANSPOSE", "CONCATENATION", "STRIDED_SLICE"}
        }
        assert not said or known <= said, row["file"]


def test_a_plain_chain_maps() -> None:
    b = Int8Builder()
    x = b.image(1, 8, 8, 4)
    conv = b.add("CONV_2D", [x, b.weights(8, 3, 3, 4), b.ints(*[0] * 8)], 1, 8, 8, 8, version=3)
    out = b.add("RELU", [conv], 1, 8, 8, 8)
    mapping = predict_mapping(b.model([out]), COMPILER)
    assert mapping.verdicts == (Verdict(place=Place.TPU, status=Status.MAPPED),) * 2
    assert [f.value for f in mapping.figures()] == [2, 2]


def test_only_the_first_run_of_operators_maps() -> None:
    b = Int8Builder()
    x = b.image(1, 8, 8, 4)
    a = b.add("RELU", [x], 1, 8, 8, 4)
    stays = b.add("ELU", [a], 1, 8, 8, 4)
    aside = b.add("RELU", [a], 1, 8, 8, 4)
    after = b.add("ADD", [stays, aside], 1, 8, 8, 4)
    places = [v.place for v in predict_mapping(b.model([after]), COMPILER).verdicts]
    assert places == [Place.TPU, Place.CPU, Place.TPU, Place.CPU]
    assert verdict(b, after).status is Status.SECOND_SUBGRAPH
    assert verdict(b, after, 1).status is Status.UNSUPPORTED


def test_the_cpu_may_come_first() -> None:
    b = Int8Builder()
    x = b.image(1, 8, 8, 4, dtype=DType.FLOAT32)
    a = b.add("QUANTIZE", [x], 1, 8, 8, 4)
    out = b.add("RELU", [a], 1, 8, 8, 4)
    quantize, relu = predict_mapping(b.model([out]), COMPILER).verdicts
    assert (quantize.place, quantize.status) == (Place.CPU, Status.UNSPECIFIED)
    assert relu.place is Place.TPU


def test_float_and_rank_and_constness() -> None:
    b = Int8Builder()
    out = b.add("DEQUANTIZE", [b.image(1, 4)], 1, 4, dtype=DType.FLOAT32)
    assert verdict(b, out).status is Status.DATA_TYPE
    b = Int8Builder()
    out = b.add("ADD", [b.image(2, 8, 8, 4)] * 2, 2, 8, 8, 4)
    assert verdict(b, out).status is Status.RANK
    b = Int8Builder()
    out = b.add("CONV_2D", [b.image(1, 8, 8, 4), b.image(1, 1, 1, 4), ABSENT], 1, 8, 8, 1)
    assert verdict(b, out).status is Status.NOT_CONSTANT


@pytest.mark.parametrize(
    ("op", "version", "place"),
    [("FULLY_CONNECTED", 4, Place.TPU), ("FULLY_CONNECTED", 9, Place.CPU), ("FULLY_CONNECTED", 5, Place.UNCERTAIN)],
)
def test_versions(op: str, version: int, place: Place) -> None:
    b = Int8Builder()
    out = b.add(op, [b.image(1, 4), b.weights(2, 4), ABSENT], 1, 2, version=version)
    assert verdict(b, out).place is place


def _case(name: str) -> tuple[Int8Builder, int]:  # noqa: C901, PLR0912 - one branch a case, nothing nested
    b = Int8Builder()
    x = b.image(1, 8, 8, 6)
    match name:
        case "fused pool":
            out = b.add("MAX_POOL_2D", [x], 1, 4, 4, 6, options="Pool2DOptions", fused_activation_function=1)
        case "uneven dilation":
            inputs = [x, b.weights(8, 3, 3, 6), ABSENT]
            out = b.add(
                "CONV_2D", inputs, 1, 8, 8, 8, options="Conv2DOptions", dilation_w_factor=2, dilation_h_factor=1
            )
        case "two rows":
            out = b.add("FULLY_CONNECTED", [b.image(3, 4), b.weights(2, 4), ABSENT], 3, 2)
        case "constant joined":
            out = b.add("CONCATENATION", [x, b.weights(1, 8, 8, 2)], 1, 8, 8, 8)
        case "channels reduced":
            out = b.add("MEAN", [x, b.ints(3)], 1, 8, 8)
        case "batch reduced":
            out = b.add("SUM", [b.image(4, 8, 4), b.ints(0)], 8, 4)
        case "batch padded":
            pads = b.const(np.array([[1, 0], [0, 0], [0, 0], [0, 0]], np.int32))
            out = b.add("PAD", [x, pads], 1, 8, 8, 6)
        case "batch packed":
            out = b.add("PACK", [b.image(4, 4)] * 2, 2, 4, 4, options="PackOptions", axis=0)
        case "batch split":
            out = b.add("SPLIT", [b.ints(0), b.image(4, 4, 4)], 2, 4, 4)
        case "slope per pixel":
            out = b.add("PRELU", [x, b.weights(8, 8, 6)], 1, 8, 8, 6)
        case "inner one squeezed":
            out = b.add("SQUEEZE", [b.image(1, 8, 1, 6)], 1, 8, 6)
        case "stride two":
            out = b.add("STRIDED_SLICE", [x, b.ints(0, 0, 0, 0), b.ints(1, 8, 8, 6), b.ints(1, 2, 2, 1)], 1, 4, 4, 6)
        case "new axis":
            corners = [b.ints(0, 0, 0, 0), b.ints(1, 8, 8, 6), b.ints(1, 1, 1, 1)]
            out = b.add("STRIDED_SLICE", [x, *corners], 1, 8, 8, 6, options="StridedSliceOptions", new_axis_mask=1)
        case "large softmax":
            out = b.add("SOFTMAX", [b.image(1, 16_385)], 1, 16_385)
        case "large transpose":
            out = b.add("TRANSPOSE", [b.image(1, 80, 80, 144), b.ints(0, 3, 1, 2)], 1, 144, 80, 80)
        case "large mean":
            out = b.add("MEAN", [b.image(1, 256, 128, 4), b.ints(1, 2)], 1, 4)
        case "resized far":
            out = b.add("RESIZE_BILINEAR", [b.image(1, 1, 1, 8), b.ints(33, 33)], 1, 33, 33, 8)
        case "resized large":
            out = b.add("RESIZE_BILINEAR", [b.image(1, 256, 256, 3), b.ints(512, 512)], 1, 512, 512, 3)
        case _:
            raise AssertionError(name)
    return b, out


REFUSED = {
    "fused pool": "fused RELU",
    "uneven dilation": "dilates by 1x2",
    "two rows": "only one row",
    "constant joined": "joins a constant",
    "channels reduced": "multiple of 4",
    "batch reduced": "reduces the batch",
    "batch padded": "pads the batch",
    "batch packed": "packs along the batch",
    "batch split": "splits the batch",
    "slope per pixel": "one per channel",
    "inner one squeezed": "not in front",
    "stride two": "only 1 maps",
    "new axis": "new_axis_mask",
    "large softmax": "16385 elements in a row",
    "large transpose": "921600 elements",
    "large mean": "32768 averaged",
    "resized far": "33 times",
    "resized large": "512 pixels",
}


@pytest.mark.parametrize(("name", "why"), REFUSED.items())
def test_a_documented_limit_keeps_the_operator_on_the_cpu(name: str, why: str) -> None:
    b, out = _case(name)
    found = verdict(b, out)
    assert (found.place, found.status) == (Place.CPU, Status.UNSPECIFIED)
    assert why in found.why
    assert found.reason == f"{Status.UNSPECIFIED}: {found.why}"


def test_every_rule_of_the_table_is_a_function_and_every_function_is_in_the_table() -> None:
    named = {name for op in COMPILER.ops.values() for name in op.rules}
    functions = {
        n
        for n, f in vars(rules).items()
        if callable(f) and getattr(f, "__annotations__", {}).keys() == {"subject", "return"}
    }
    assert named == {n for n in functions if not n.startswith("_")}


def test_a_softmax_may_have_many_rows() -> None:
    b = Int8Builder()
    assert verdict(b, b.add("SOFTMAX", [b.image(1, 4, 2100, 16)], 1, 4, 2100, 16)).place is Place.TPU


def test_a_batch_of_one_may_be_split_into_one() -> None:
    """As YAMNet does first, and its public pair maps."""
    b = Int8Builder()
    assert verdict(b, b.add("SPLIT", [b.ints(0), b.image(1, 96, 64, 1)], 1, 96, 64, 1)).place is Place.TPU


def test_postprocessing_in_float_is_blamed_for_its_type() -> None:
    """As in the public logs of EfficientDet-Lite."""
    b = Int8Builder()
    out = b.add("CUSTOM", [b.image(1, 9, 4, dtype=DType.FLOAT32)], 1, 9, 4, dtype=DType.FLOAT32)
    b.nodes[-1] = dataclasses.replace(b.nodes[-1], custom_code="TFLite_Detection_PostProcess")
    assert verdict(b, out).status is Status.DATA_TYPE


def test_a_zero_constant_may_be_joined() -> None:
    b = Int8Builder()
    zeros = b.const(np.zeros((1, 8, 8, 2), np.int8), quant=Q)
    assert verdict(b, b.add("CONCATENATION", [b.image(1, 8, 8, 6), zeros], 1, 8, 8, 8)).place is Place.TPU


def test_between_two_sizes_that_were_seen_nothing_is_certain() -> None:
    b = Int8Builder()
    out = b.add("TRANSPOSE", [b.image(1, 30, 30, 144), b.ints(0, 3, 1, 2)], 1, 144, 30, 30)
    out = b.add("RELU", [out], 1, 144, 30, 30)
    mapping = predict_mapping(b.model([out]), COMPILER)
    assert mapping.verdicts[0].place is Place.UNCERTAIN
    assert "between 57600" in mapping.verdicts[0].why
    mapped = next(f for f in mapping.figures() if f.name == "edgetpu.ops_mapped")
    assert (mapped.low, mapped.high) == (mapped.value, mapped.value + 1)


def test_what_is_uncertain_behind_the_cpu_is_certain_after_all() -> None:
    b = Int8Builder()
    out = b.add("RELU", [b.image(1, 30, 30, 144)], 1, 30, 30, 144)
    out = b.add("ELU", [out], 1, 30, 30, 144)
    out = b.add("TRANSPOSE", [out, b.ints(0, 3, 1, 2)], 1, 144, 30, 30)
    found = verdict(b, out)
    assert (found.place, found.status) == (Place.CPU, Status.SECOND_SUBGRAPH)


def test_a_scale_per_output_of_a_dense_layer_is_uncertain() -> None:
    b = Int8Builder()
    per_output = QuantParams(scale=(0.1, 0.2), zero_point=(0, 0))
    weights = b.const(np.ones((2, 4), np.int8), quant=per_output)
    found = verdict(b, b.add("FULLY_CONNECTED", [b.image(1, 4), weights, ABSENT], 1, 2))
    assert found.place is Place.UNCERTAIN


def test_an_operator_newer_than_the_compiler_is_refused_with_the_remedy() -> None:
    b = Int8Builder()
    out = b.add("FULLY_CONNECTED", [b.image(1, 4), b.weights(2, 4), ABSENT], 1, 2, version=12)
    (problem,) = errors(b.model([out]))
    assert "Didn't find op for builtin opcode 'FULLY_CONNECTED' version '12'" in problem.message
    assert problem.where.startswith("FULLY_CONNECTED #0")
    assert "version 9 or older" in problem.hint


def test_an_operator_that_the_compiler_never_heard_of_is_refused() -> None:
    b = Int8Builder()
    (problem,) = errors(b.model([b.add("GELU", [b.image(1, 4)], 1, 4)]))
    assert "express it by older operators" in problem.hint


def test_a_float_model_is_refused() -> None:
    b = GraphBuilder()
    (problem,) = errors(b.model([b.op("RELU", [b.input("x", (1, 4))], (1, 4))]))
    assert problem.message.startswith("Model not quantized")


def test_dynamic_sizes_are_refused_but_a_dynamic_batch_compiles() -> None:
    b = Int8Builder()
    x = b.image(1, 8, 8, 4)
    model = b.model([b.add("RELU", [x], 1, 8, 8, 4)])

    def signed(signature: tuple[int, ...]) -> Graph:
        return model.main.with_tensors(
            lambda i, t: dataclasses.replace(t, type=dataclasses.replace(t.type, signature=signature)) if i == x else t
        )

    assert not errors(model.with_main(signed((-1, 8, 8, 4))))
    (problem,) = errors(model.with_main(signed((1, -1, -1, 4))))
    assert "dynamic-sized tensors" in problem.message
    assert "--input-shape" in problem.hint


def test_an_unknown_compiler_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"16\.1") as caught:
        load_edgetpu_compiler("16.1")
    assert "16.0" in caught.value.hint


def test_a_compiled_model_is_not_compiled_again() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, QuantParams.per_tensor(0.1, 0))
    y = b.tensor("y", (1, 4), DType.INT8, QuantParams.per_tensor(0.1, 0))
    b.nodes.append(Node(op="CUSTOM", custom_code="edgetpu-custom-op", inputs=(x,), outputs=(y,)))
    (found,) = refusals(b.model([y]), COMPILER)
    assert "compiled for the Edge TPU already" in found.message
