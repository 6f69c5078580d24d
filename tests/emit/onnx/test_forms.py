"""Every operator's ONNX form against LiteRT: as it stands, and between convolutions, where channels lie first."""

from pathlib import Path

import numpy as np
import pytest
from emit.onnx.cases import CASES, SHAPE
from emit.onnx.judging import judge, operators, pointwise

from packager.emit import onnx
from packager.emit.onnx import unsupported
from packager.ir import DType, GraphBuilder


def listed(found: int | list[int]) -> list[int]:
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("case", CASES)
def test_alone(case: str) -> None:
    b = GraphBuilder()
    model = b.model(listed(CASES[case](b, b.input("x", SHAPE))))
    judge(model)


@pytest.mark.parametrize("case", CASES)
def test_between_convolutions(case: str) -> None:
    b = GraphBuilder()
    outs = listed(CASES[case](b, pointwise(b, b.input("x", SHAPE), 4)))
    if (last := b.tensors[outs[0]].type).dtype.is_float and len(last.dims) == 4:
        outs[0] = pointwise(b, outs[0], 3)
    judge(b.model(outs))


@pytest.mark.parametrize("opset", [17, 20])
@pytest.mark.parametrize("case", ["conv same", "mean rows drop", "sum", "pad", "split", "resize_nearest half", "gelu"])
def test_newer_opsets(case: str, opset: int) -> None:
    b = GraphBuilder()
    model = b.model(listed(CASES[case](b, b.input("x", SHAPE))))
    judge(model, opset=opset)


def test_every_form_has_a_case() -> None:
    folder = Path(onnx.__file__).parent / "forms"
    forms = {p.stem for p in folder.glob("[a-z]*.py")}
    tested: set[str] = set()
    for build in CASES.values():
        b = GraphBuilder()
        build(b, b.input("x", SHAPE))
        tested.update(node.op.lower() for node in b.nodes)
    assert forms == tested


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("average_pool same", 2),
        ("mul gate", 2),
        ("concatenation channels", 2),
        ("reshape rows", 2),
        ("transpose to channels first", 1),
        ("mean global drop", 1),
        ("fully_connected flat", 1),
    ],
)
def test_only_the_edges_are_transposed(case: str, expected: int) -> None:
    b = GraphBuilder()
    x = pointwise(b, b.input("x", SHAPE), 4)
    out = CASES[case](b, x)
    assert isinstance(out, int)
    content = judge(b.model([out]))
    assert operators(content)["Transpose"] == expected


def refused(b: GraphBuilder, out: int) -> list[str]:
    return [str(d) for d in unsupported(b.model([out]))]


def test_an_operator_without_a_form_is_named_with_its_place() -> None:
    b = GraphBuilder()
    out = b.op("LSH_PROJECTION", [b.op("RELU", [b.input("x", SHAPE)], SHAPE)], SHAPE, name="hashed")
    (found,) = refused(b, out)
    assert "LSH_PROJECTION #1 'hashed'" in found
    assert "no ONNX form" in found


def test_computed_parameters_and_odd_options_are_all_named() -> None:
    b = GraphBuilder()
    x, amounts = b.input("x", SHAPE), b.input("amounts", (4, 2), DType.INT32)
    padded = b.op("PAD", [x, amounts], SHAPE, options="PadOptions")
    mirrored = b.op(
        "MIRROR_PAD", [padded, b.const(np.zeros((4, 2), np.int32))], SHAPE, options="MirrorPadOptions", mode=1
    )
    weights = b.input("weights", (4, 1, 1, 4))
    out = b.op("CONV_2D", [mirrored, weights], SHAPE, options="Conv2DOptions")
    found = refused(b, out)
    assert len(found) == 3
    assert "'amounts' is computed at run time" in found[0]
    assert "mode REFLECT" in found[1]
    assert "weights computed at run time" in found[2]


def test_a_type_that_tensorrt_has_not_is_refused() -> None:
    b = GraphBuilder()
    (found,) = refused(b, b.op("CAST", [b.input("x", (1, 3))], (1, 3), options="CastOptions", dtype=DType.BFLOAT16))[:1]
    assert "is of type bfloat16" in found


def test_a_dynamic_input_is_refused() -> None:
    import dataclasses

    b = GraphBuilder()
    x = b.input("x", (1, 3))
    b.tensors[x] = dataclasses.replace(b.tensors[x], type=dataclasses.replace(b.tensors[x].type, signature=(-1, 3)))
    (found,) = refused(b, b.op("RELU", [x], (1, 3)))
    assert "'x'" in found
    assert "--input-shape" in found
