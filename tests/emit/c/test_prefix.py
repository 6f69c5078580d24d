"""Two models in one program: a prefix of their own for each, and what can't be one."""

import ctypes
import importlib.util
import subprocess
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import STRICT, check, written
from ops.convolving import Case, convolution, dense
from ops.judging import inputs_for

from packager.config.samples import Samples
from packager.emit.c import check_prefix, emit_c
from packager.errors import ConfigError
from packager.interp import reference
from packager.ir import Model
from packager.measure.c import compile_runtime, compiler, run_program, selftest

MODELS = {
    "first": convolution(Case(shape=(1, 9, 8, 5), channels=20)),
    "second_one": dense(Case(shape=(1, 37), channels=11)),
}
SHARED = ("-DEDGEPACK_THREADS", "-pthread", "-DEP_WORTH_SHARING=1")
PROGRAM = """
#include "first/first.h"
#if defined(EDGEPACK_THREADS)
#include "first/threads.h"
#include "second_one/threads.h"
#endif
#include "second_one/second_one.h"
#include <stdio.h>
#include <string.h>

FIRST_ARENA(one);
SECOND_ONE_ARENA(other);

int main(void)
{
    first_t a;
    second_one_t b;
    if (first_selftest(one, sizeof one) || second_one_selftest(other, sizeof other))
        return 1;
    if (first_init(&a, one, sizeof one) || second_one_init(&b, other, sizeof other))
        return 2;
#if defined(EDGEPACK_THREADS)
    static first_pool_t pool;
    static second_one_pool_t other_pool;
    if (first_pool_start(&pool, 2) || second_one_pool_start(&other_pool, 3))
        return 4;
    first_use_threads(&a, &pool.threads);
    second_one_use_threads(&b, &other_pool.threads);
#endif
    if (fread(first_input(&a, 0), 1, first_input_bytes(0), stdin) != first_input_bytes(0) ||
        fread(second_one_input(&b, 0), 1, second_one_input_bytes(0), stdin) != second_one_input_bytes(0))
        return 3;
    first_invoke(&a);
    second_one_invoke(&b);
#if defined(EDGEPACK_THREADS)
    first_pool_stop(&pool);
    second_one_pool_stop(&other_pool);
#endif
    fwrite(first_output(&a, 0), 1, first_output_bytes(0), stdout);
    fwrite(second_one_output(&b, 0), 1, second_one_output_bytes(0), stdout);
    return 0;
}
"""


def prefixed(folder: Path, prefix: str, model: Model) -> Path:
    samples = Samples(arrays=dict(zip(model.input_names(), inputs_for(model, 2), strict=True)))
    entries = emit_c(model, "xnnpack", samples, name=prefix, root="runtime/c", prefix=prefix)
    return written(folder / prefix, entries)


@pytest.mark.skipif(not compiler(), reason="needs a C compiler")
@pytest.mark.parametrize(
    "threads", [(), ("-DEDGEPACK_THREADS", "-pthread", "-DEP_WORTH_SHARING=1")], ids=["one thread", "threads"]
)
def test_two_models_link_into_one_program(threads: tuple[str, ...], tmp_path: Path) -> None:
    objects = []
    for name, model in MODELS.items():
        source = prefixed(tmp_path / "made", name, model)
        source.rename(tmp_path / name)
        units = ["model", "model_weights", "selftest", *(["threads"] if threads else [])]
        for unit in units:
            objects.append(str(tmp_path / name / f"{unit}.o"))
            command = [*compiler(), *STRICT, *threads, f"-I{tmp_path / name}", "-c", str(tmp_path / name / f"{unit}.c")]
            subprocess.run([*command, "-o", objects[-1]], check=True)
    (tmp_path / "main.c").write_text(PROGRAM, encoding="utf-8")
    program = tmp_path / "program"
    command = [*compiler(), *STRICT, *threads, f"-I{tmp_path}", str(tmp_path / "main.c"), *objects, "-o", str(program)]
    subprocess.run(command, check=True)
    inputs = {name: inputs_for(model, 1) for name, model in MODELS.items()}
    given = b"".join(x.tobytes() for arrays in inputs.values() for x in arrays)
    done = subprocess.run([str(program)], input=given, capture_output=True, check=True)
    wanted = [y for name, model in MODELS.items() for y in reference.run(model, inputs[name], "xnnpack")]
    assert done.stdout == b"".join(y.tobytes() for y in wanted)


@pytest.mark.skipif(not compiler(), reason="needs a C compiler")
def test_runner_self_test_and_python_module_follow(tmp_path: Path) -> None:
    model = MODELS["first"]
    source = prefixed(tmp_path, "first", model)
    program = compile_runtime(source, tmp_path, flags=STRICT)
    assert selftest(program) == ""
    inputs = inputs_for(model, 3)
    (wanted,) = reference.run(model, inputs, "xnnpack")
    (found,) = run_program(program, model, inputs)
    np.testing.assert_array_equal(found.reshape(wanted.shape), wanted)
    library = source / "libmodel.so"
    units = [str(source / name) for name in ("model.c", "model_weights.c")]
    subprocess.run([*compiler(), "-std=c99", "-shared", "-fPIC", *units, "-o", str(library)], check=True)
    assert not hasattr(ctypes.CDLL(str(library)), "model_init")
    spec = importlib.util.spec_from_file_location("first_model", source / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    interpreter = module.Interpreter()
    (detail,) = interpreter.get_input_details()
    interpreter.set_tensor(detail["index"], inputs[0][0].reshape(detail["shape"]))
    interpreter.invoke()
    found = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    np.testing.assert_array_equal(found.reshape(-1), wanted[0].reshape(-1))


def test_the_models_own_names_stay(tmp_path: Path) -> None:
    """Tensors may be called as generated names are."""
    model = MODELS["second_one"]
    files = {
        e.path: e.content.decode("latin-1")
        for e in emit_c(model, "xnnpack", Samples(arrays={}), name="model_x", prefix="p")
    }
    assert "# model_x" in files["runtime/c/README.md"]
    assert files["runtime/c/p.h"] == '#include "model.h"\n'
    plain = {e.path: e.content for e in emit_c(model, "xnnpack", Samples(arrays={}), name="model_x")}
    assert plain["runtime/c/model_weights.bin"].decode("latin-1") == files["runtime/c/model_weights.bin"]
    check(model, "xnnpack", tmp_path)


@pytest.mark.parametrize("prefix", ["", "9net", "a-b", "_x", "ep", "Edgepack", "a b", "x\n"])
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match="the C prefix"):
        check_prefix(prefix)
    check_prefix("net_2")
