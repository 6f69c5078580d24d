import pytest

from packager.errors import ConfigError
from packager.frontends._shapes import check_names, static_shape


@pytest.mark.parametrize(
    ("declared", "given", "wanted"),
    [
        ((None, 4), {}, (1, 4)),
        ((-1, 4), {}, (1, 4)),
        ((0, 4), {}, (1, 4)),
        ((1, 4), {}, (1, 4)),
        ((None, None, 3), {"x": (1, 5, 3)}, (1, 5, 3)),
        ((None, None, 3), {"": (1, 5, 3)}, (1, 5, 3)),
        (None, {"x": (1, 5)}, (1, 5)),
        ((8, 4), {}, (8, 4)),
        ((8, 4), {"x": (8, 4)}, (8, 4)),
        ((), {}, ()),
    ],
)
def test_static_shape(
    declared: tuple[int | None, ...] | None, given: dict[str, tuple[int, ...]], wanted: tuple[int, ...]
) -> None:
    assert static_shape("x", declared, given, "m.onnx") == wanted


def test_open_dimension_is_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"m\.onnx: input 'x' has the dynamic shape \(\?, \?, 3\)") as refusal:
        static_shape("x", (None, None, 3), {}, "m.onnx")
    assert "--input-shape x=1,64,3" in refusal.value.hint


def test_unknown_rank_is_asked_for() -> None:
    with pytest.raises(ConfigError, match="input 'x' has no shape") as refusal:
        static_shape("x", None, {"y": (1,)}, "m.onnx")
    assert "--input-shape x=" in refusal.value.hint


@pytest.mark.parametrize("given", [(1, 5), (1, 5, 4), (1, 0, 3), (1, -1, 3)], ids=str)
def test_given_shape_must_fit(given: tuple[int, ...]) -> None:
    with pytest.raises(ConfigError, match=r"has shape \(\?, \?, 3\), which .* does not fit"):
        static_shape("x", (None, None, 3), {"x": given}, "m.onnx")


def test_batch_is_one() -> None:
    with pytest.raises(ConfigError, match="a batch of 4"):
        static_shape("x", (None, 3), {"x": (4, 3)}, "m.onnx")


def test_names_of_inputs() -> None:
    check_names({"left": (1,)}, ["left", "right"], "m.onnx")
    check_names({"": (1,)}, ["left"], "m.onnx")
    with pytest.raises(ConfigError, match="no input named 'lift'") as refusal:
        check_names({"lift": (1,)}, ["left", "right"], "m.onnx")
    assert refusal.value.hint == "did you mean 'left'?"
    with pytest.raises(ConfigError, match="the model has 2 inputs"):
        check_names({"": (1,)}, ["left", "right"], "m.onnx")
