"""A graph ended earlier computes what it computed there."""

import numpy as np
import pytest

from packager.errors import ConfigError
from packager.interp import reference
from packager.ir import GraphBuilder, Model, verify
from packager.passes.cut_at import CutAt
from packager.rewrite import apply_passes


def two_heads() -> Model:
    """x -> abs -> {neg -> abs, tail}; a second input that only the tail reads."""
    b = GraphBuilder()
    x, more = b.input("x", (1, 4)), b.input("more", (1, 4))
    body = b.op("ABS", [x], (1, 4), name="net/body;net/Abs")
    head = b.op("NEG", [body], (1, 4), name="net/head")
    size = b.op("ABS", [head], (1, 4), name="net/size")
    return b.model([size, b.op("ADD", [body, more], (1, 4), options="AddOptions", name="tail")])


def test_the_graph_ends_there_and_what_is_behind_goes() -> None:
    model = two_heads()
    cut = apply_passes(model, [CutAt(names=("net/head",))])
    assert [n.op for n in cut.main.nodes] == ["ABS", "NEG"]
    assert (cut.input_names(), cut.output_names()) == (("x",), ("net/head",))
    assert cut.signatures[0].outputs == (("net/head", cut.main.outputs[0]),)
    assert [name for name, _ in cut.signatures[0].inputs] == ["x"]
    assert not list(verify(cut))
    x = np.arange(-4, 4, dtype=np.float32).reshape(2, 4)
    (whole, _) = reference.run(model, [x, x])
    np.testing.assert_array_equal(np.abs(reference.run(cut, [x])[0]), whole)


def test_several_names_make_several_outputs_in_their_order() -> None:
    cut = apply_passes(two_heads(), [CutAt(names=("tail", "net/Abs"))])
    assert cut.output_names() == ("tail", "net/body;net/Abs")
    assert cut.input_names() == ("x", "more")


@pytest.mark.parametrize(("name", "output"), [("head", "net/head"), ("Abs", "net/body;net/Abs")])
def test_a_name_may_leave_out_the_scope_as_inspect_does(name: str, output: str) -> None:
    assert apply_passes(two_heads(), [CutAt(names=(name,))]).output_names() == (output,)


def test_an_end_that_several_share_is_refused() -> None:
    b = GraphBuilder()
    y = b.op("ABS", [b.input("x", (1, 4))], (1, 4), name="one/BiasAdd")
    with pytest.raises(ConfigError, match="names 2 tensors"):
        CutAt(names=("BiasAdd",)).apply(b.model([b.op("ABS", [y], (1, 4), name="two/BiasAdd")]))


def test_without_names_nothing_happens() -> None:
    model = two_heads()
    assert CutAt(names=()).apply(model).model is model


@pytest.mark.parametrize(
    ("name", "said", "hint"),
    [
        ("net/haed", "no tensor named", "net/head"),
        ("hea", "no tensor named", "did you mean 'net/head'?"),
        ("x", "no operator computes", "edgepack inspect"),
    ],
)
def test_a_name_that_does_not_do(name: str, said: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        CutAt(names=(name,)).apply(two_heads())
    assert hint in caught.value.hint


def test_a_part_that_two_tensors_share_is_refused() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4))
    y = b.op("ABS", [x], (1, 4), name="a;shared")
    with pytest.raises(ConfigError, match="names 2 tensors"):
        CutAt(names=("shared",)).apply(b.model([b.op("NEG", [y], (1, 4), name="b;shared")]))
