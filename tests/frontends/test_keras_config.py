import json
from pathlib import Path
from typing import Any

import pytest

from packager.errors import UnsupportedError
from packager.frontends._keras_config import check_config

PATH = Path("model.keras")


def model(*layers: dict[str, Any], **more: Any) -> str:
    return json.dumps({"class_name": "Functional", "module": "keras", "config": {"layers": list(layers)}, **more})


def layer(kind: str, name: str, module: str | None = "keras.layers", registered: str | None = None) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name}, "module": module, "registered_name": registered}


def test_stock_layers_pass() -> None:
    check_config(model(layer("Dense", "d"), layer("ReLU", "r", module=None)), PATH)


def test_lambda_layer_is_named() -> None:
    with pytest.raises(UnsupportedError, match=r"holds code of its own: Lambda 'twice' \(a Python function\)"):
        check_config(model(layer("Lambda", "twice")), PATH)


def test_lambda_within_a_layer_is_found() -> None:
    inner = layer("Activation", "a")
    inner["config"]["activation"] = {"class_name": "__lambda__", "config": {"value": "4wEAAA=="}}
    with pytest.raises(UnsupportedError, match="a Python lambda"):
        check_config(model(inner), PATH)


def test_every_custom_class_is_named_once() -> None:
    with pytest.raises(UnsupportedError) as refusal:
        check_config(
            model(
                layer("Swish", "s1", module="my_code.layers"),
                layer("Swish", "s1", module="my_code.layers"),
                layer("Norm", "n", module=None, registered="mine>Norm"),
            ),
            PATH,
        )
    message = str(refusal.value)
    assert message.count("Swish 's1' (a class of my_code.layers)") == 1
    assert "Norm 'n' (a custom class)" in message


def test_custom_training_losses_do_not_matter() -> None:
    loss = {"class_name": "MyLoss", "module": "my_code", "config": {}}
    check_config(model(layer("Dense", "d"), compile_config={"loss": loss}), PATH)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"layers": []}', "[" * 100_000, b"\xff\xfe"])
def test_what_is_no_configuration(text: str | bytes) -> None:
    with pytest.raises(UnsupportedError, match=r"damaged Keras configuration|no Keras model inside"):
        check_config(text, PATH)
