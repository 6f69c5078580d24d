"""Operators in the order that needs least: in the file, in the C runtime and in the report alike."""

import re

import pytest
from families.making import job
from plan.test_order import branches

from packager.families import family_of
from packager.ir import read_tflite_bytes
from packager.plan.memory import plan_memory
from packager.quantize import Quantized


@pytest.mark.parametrize("target", ["host", "raspberrypi", "microcontroller"])
def test_every_file_has_the_operators_in_the_same_order(target: str) -> None:
    model = branches(6)
    given = job(target, Quantized(model=model, float_model=None, ranges={}, plan=None))
    product = family_of(given.profile).emit(given)
    found = product.model_of(given)
    names = [found.main.node_name(i) for i in range(len(found.main.nodes))]
    assert names != [model.main.node_name(i) for i in range(len(model.main.nodes))]
    assert sorted(names) == sorted(model.main.node_name(i) for i in range(len(model.main.nodes)))
    files = {e.path: e.content for e in product.files}
    written = read_tflite_bytes(files["model/model.tflite"])
    assert [written.main.node_name(i) for i in range(len(names))] == names
    code = files["runtime/c/model.c"].decode()
    assert re.findall(r"^/\* \w+ #\d+ '(\w+)'$", code, re.MULTILINE) == names
    assert f"MODEL_ARENA_BYTES {plan_memory(found).arena_bytes}u" in files["runtime/c/model.h"].decode()
    assert plan_memory(found).arena_bytes < plan_memory(model).arena_bytes
