"""The Python module of a C runtime, held to LiteRT's `Interpreter`: the same calls, the same answers."""

import ctypes
import re
import subprocess
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from emit.c import test_zeros
from emit.c.making import STRICT, emitted, together, written
from emit.c.test_emit import network
from ops.judging import inputs_for, unary
from reference import reference as reference_file

from packager.ir import DType, Model, read_tflite, write_tflite
from packager.measure.c import compiler
from packager.ops import ARITHMETICS

pytestmark = pytest.mark.skipif(not compiler(), reason="no C compiler is here")


def module(folder: Path, model: Model, arithmetic: str = "xnnpack", flags: Sequence[str] = ()) -> types.ModuleType:
    """The module as a program would import it, its library made beside it."""
    source = written(folder, emitted(model, arithmetic, inputs_for(model, 1)))
    files = [str(source / name) for name in ("model.c", "model_weights.c")]
    shared = ["-O2", "-shared", "-fPIC", f"-I{source}", "-o", str(source / "libmodel.so")]
    subprocess.run([*compiler(), *STRICT, *flags, *files, *shared], check=True)
    made = types.ModuleType("model")
    made.__file__ = str(source / "model.py")
    exec(compile((source / "model.py").read_text("utf-8"), made.__file__, "exec"), made.__dict__)
    return made


def both(folder: Path, model: Model, arithmetic: str = "xnnpack") -> tuple[Any, Any]:
    resolver = {"xnnpack": OpResolverType.AUTO, "integer": OpResolverType.BUILTIN_REF}[arithmetic]
    theirs = Interpreter(model_content=write_tflite(model), experimental_op_resolver_type=resolver)
    ours = module(folder, model, arithmetic).Interpreter()
    for one in (ours, theirs):
        one.allocate_tensors()
    return ours, theirs


def computed(one: Any, value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    (detail,), (out,) = one.get_input_details(), one.get_output_details()
    one.set_tensor(detail["index"], value.reshape(detail["shape"]))
    one.invoke()
    result: np.ndarray[Any, Any] = one.get_tensor(out["index"])
    return result


def test_the_same_details(tmp_path: Path) -> None:
    ours, theirs = both(tmp_path, network())
    for mine, wanted in (
        (ours.get_input_details(), theirs.get_input_details()),
        (ours.get_output_details(), theirs.get_output_details()),
    ):
        for have, want in zip(mine, wanted, strict=True):
            assert set(have) == set(want)
            for key, value in want.items():
                if isinstance(value, dict):
                    assert set(have[key]) == set(value)
                    assert all(np.array_equal(have[key][k], value[k]) for k in value)
                else:
                    assert np.array_equal(have[key], value), key
                    assert type(have[key]) is type(value), key


@pytest.mark.parametrize("arithmetic", ["xnnpack", "integer"])
def test_the_same_numbers_as_litert(arithmetic: str, tmp_path: Path) -> None:
    spotter = read_tflite(reference_file("mlperf-tiny/kws_ref_model.tflite"))
    ours, theirs = both(tmp_path, spotter, arithmetic)
    results = [(computed(ours, value), computed(theirs, value)) for value in inputs_for(spotter, 20)[0]]
    assert results[0][0].shape == (1, 12)
    for mine, wanted in results:
        np.testing.assert_array_equal(mine, wanted)


def test_an_input_holds_until_it_is_written_again(tmp_path: Path) -> None:
    ours, _ = both(tmp_path, network())
    (value,) = inputs_for(network(), 1)
    first = computed(ours, value)
    ours.invoke()
    np.testing.assert_array_equal(ours.get_tensor(ours.get_output_details()[0]["index"]), first)
    other = type(ours)()
    computed(other, value[:, ::-1])
    np.testing.assert_array_equal(ours.get_tensor(ours.get_output_details()[0]["index"]), first)


def test_an_input_reads_as_it_was_written(tmp_path: Path) -> None:
    ours, theirs = both(tmp_path, network())
    (value,) = inputs_for(network(), 1)
    (index,) = (detail["index"] for detail in ours.get_input_details())
    for one in (ours, theirs):
        one.set_tensor(index, value)
        np.testing.assert_array_equal(one.get_tensor(index), value)
    ours.invoke()
    held = ours.get_tensor(index)
    np.testing.assert_array_equal(held, value)
    ours.set_tensor(index, ~value)
    np.testing.assert_array_equal(held, value, err_msg="it is a copy")


def test_an_instance_has_room_for_what_a_library_with_threads_writes(tmp_path: Path) -> None:
    made = module(tmp_path, network(), flags=("-DEDGEPACK_THREADS",))
    (value,) = inputs_for(network(), 1)
    one = made.Interpreter()
    assert ctypes.sizeof(one._model) == 2 * ctypes.sizeof(ctypes.c_void_p), "model_t: arena and threads"
    plain, _ = both(tmp_path / "plain", network())
    np.testing.assert_array_equal(computed(one, value), computed(plain, value))


def test_what_does_not_fit_is_refused_as_litert_refuses_it(tmp_path: Path) -> None:
    ours, theirs = both(tmp_path, network())
    index = ours.get_input_details()[0]["index"]
    for wrong in (np.zeros((1, 6, 6, 3), np.float32), np.zeros((1, 6, 5, 3), np.int8)):
        for one in (ours, theirs):
            with pytest.raises(ValueError, match=r"(?i)tensor"):
                one.set_tensor(index, wrong)
    with pytest.raises(ValueError, match="no tensor 99 here"):
        ours.get_tensor(99)
    ours.resize_tensor_input(index, [1, 6, 6, 3])
    with pytest.raises(ValueError, match="can't be resized"):
        ours.resize_tensor_input(index, [2, 6, 6, 3])


def test_another_models_library_is_refused(tmp_path: Path) -> None:
    spotter = read_tflite(reference_file("mlperf-tiny/kws_ref_model.tflite"))
    module(tmp_path / "other", spotter)
    mine = module(tmp_path / "mine", network())
    with pytest.raises(RuntimeError, match="of another model"):
        mine.Interpreter(str(tmp_path / "other/runtime/c/libmodel.so"))
    (tmp_path / "mine/runtime/c/libmodel.so").unlink()
    with pytest.raises(RuntimeError, match=r"make -C .* libmodel\.so"):
        mine.Interpreter()


def test_without_numpy_tensors_are_memoryviews(tmp_path: Path) -> None:
    ours = module(tmp_path, network())
    (value,) = inputs_for(network(), 1)
    wanted = computed(ours.Interpreter(), value).tolist()
    program = f"""
import sys
sys.modules["numpy"] = None
from model import Interpreter
one = Interpreter()
one.allocate_tensors()
(detail,) = one.get_input_details()
assert detail["shape"] == [1, 6, 6, 3] and detail["dtype"] == "int8", detail
one.set_tensor(detail["index"], bytes.fromhex({value.tobytes().hex()!r}))
one.invoke()
result = one.get_tensor(one.get_output_details()[0]["index"])
assert result.format == "b" and result.tolist() == {wanted}, result.tolist()
try:
    one.set_tensor(detail["index"], b"12")
except ValueError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "runtime/c", check=True, capture_output=True, encoding="utf-8"
    )
    assert "has 108 bytes, the value 2" in done.stdout


def test_the_tensors_themselves(tmp_path: Path) -> None:
    ours, theirs = both(tmp_path, network())
    (value,) = inputs_for(network(), 1)
    results = []
    for one in (ours, theirs):
        (detail,), (out,) = one.get_input_details(), one.get_output_details()
        one.tensor(detail["index"])()[:] = value
        one.invoke()
        results.append(one.tensor(out["index"])().copy())
    np.testing.assert_array_equal(*results)
    (out,) = ours.get_output_details()
    view = ours.tensor(out["index"])()
    np.testing.assert_array_equal(view, ours.get_tensor(out["index"]))
    ours.set_tensor(ours.get_input_details()[0]["index"], ~value)
    ours.invoke()
    np.testing.assert_array_equal(view, ours.get_tensor(out["index"]))
    assert (view != results[0]).any(), "it shows the last run"
    with pytest.raises(ValueError, match="no tensor 999"):
        ours.tensor(999)


EVERY_TYPE = together(
    {
        "zeros": test_zeros.ZEROS["window-tiles"],
        "softmax": unary("SOFTMAX", (1, 8), options="SoftmaxOptions", beta=1.0),
        "wide": unary("LOGISTIC", (1, 8), dtype=DType.INT16, x=(1 / 4096, 0), y=(1 / 32768, 0)),
    }
)


@pytest.mark.parametrize("model", [network(), EVERY_TYPE], ids=["network", "every-type"])
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
def test_arrays_for_compilers_without_incbin(model: Model, arithmetic: str, tmp_path: Path) -> None:
    source = written(tmp_path, emitted(model, arithmetic, inputs_for(model, 1), test_zeros.forced("skips")))
    arrays = source / "model_weights_arrays.h"
    arrays.unlink()
    missing = [*compiler(), "-DEDGEPACK_INCBIN=0", "-fsyntax-only", str(source / "model_weights.c")]
    done = subprocess.run(missing, check=False, capture_output=True, encoding="utf-8")
    assert "`python3 model.py --arrays` in this folder writes it" in done.stderr
    subprocess.run([sys.executable, str(source / "model.py"), "--arrays"], check=True)
    kinds = set(re.findall(r"^EP_CONSTANT const (\w+)", arrays.read_text("utf-8"), re.MULTILINE))
    if model is EVERY_TYPE:
        assert kinds > {"uint16_t", "double"} if arithmetic == "xnnpack" else kinds > {"uint16_t"}
    contents = []
    for form in ("0", "1"):
        made = tmp_path / f"weights{form}.o"
        flags = [*STRICT, f"-DEDGEPACK_INCBIN={form}", f"-I{source}", "-c", str(source / "model_weights.c")]
        subprocess.run([*compiler(), *flags, "-o", str(made)], check=True)
        dump = ["objdump", "-s", "-j", ".rodata" if form == "0" else ".rodata.model_weights", str(made)]
        lines = subprocess.run(dump, check=True, capture_output=True, encoding="utf-8").stdout.splitlines()[4:]
        contents.append([line.split("  ")[0].split()[1:] for line in lines])
    assert contents[0]
    assert contents[0] == contents[1][: len(contents[0])]
