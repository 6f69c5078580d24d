"""Modules found by name: what is there, what is not, and what is nobody's business."""

import pytest

from packager.ops import OpDef
from packager.util.lookup import export_names, find_export


def test_a_module_is_found_by_its_name_in_any_case() -> None:
    for name in ("RELU", "relu"):
        found = find_export("packager.ops", name, "OP")
        assert isinstance(found, OpDef)
        assert found.name == "RELU"


@pytest.mark.parametrize("name", ["NO_SUCH_OPERATOR", "_table", "_contract", "a.b", "", "Flex-Op", "../relu"])
def test_what_is_no_module_of_the_package_is_none(name: str) -> None:
    assert find_export("packager.ops", name, "OP") is None


def test_a_module_without_the_export_is_a_mistake_of_ours() -> None:
    with pytest.raises(AttributeError):
        find_export("packager.ops", "relu", "KERNEL")


def test_names_are_those_that_can_be_found() -> None:
    names = export_names("packager.ops")
    assert names == sorted(names)
    assert {"RELU", "CONV_2D"} <= set(names)
    assert not [n for n in names if n.startswith("_") or find_export("packager.ops", n, "OP") is None]
