"""The generated files: what they hold, what they promise, what is refused."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from emit.c.making import STRICT, emitted, together, written
from ops.convolving import Case, convolution, dense
from ops.judging import inputs_for, quant, unary

from packager.emit.c import unsupported
from packager.interp import reference
from packager.ir import Activation, DType, GraphBuilder, Model
from packager.measure.c import compile_runtime, compiler, selftest
from packager.plan.memory import plan_memory

pytestmark = pytest.mark.skipif(not compiler(), reason="no C compiler is here")


def network() -> Model:
    """A convolution, an activation and a dense layer in a row."""
    b = GraphBuilder()
    rng = np.random.default_rng(3)
    x = b.input("image", (1, 6, 6, 3), DType.INT8, quant(0.05, -3))
    w = b.const(rng.integers(-127, 128, (8, 3, 3, 3)).astype(np.int8), "w", quant(0.01))
    y = b.op(
        "CONV_2D",
        [x, w, b.const(np.zeros(8, np.int32), "b", quant(0.0005))],
        (1, 6, 6, 8),
        options="Conv2DOptions",
        name="first */ layer",
        dtype=DType.INT8,
        quant=quant(0.06, 5),
        stride_h=1,
        stride_w=1,
        fused_activation_function=Activation.RELU,
    )
    z = b.op("LOGISTIC", [y], (1, 6, 6, 8), name="second", dtype=DType.INT8, quant=quant(1 / 256, -128))
    v = b.const(rng.integers(-127, 128, (4, 288)).astype(np.int8), "v", quant(0.01))
    out = b.op(
        "FULLY_CONNECTED",
        [z, v, b.const(np.zeros(4, np.int32), "c", quant(0.00004))],
        (1, 4),
        options="FullyConnectedOptions",
        name="scores",
        dtype=DType.INT8,
        quant=quant(0.1, 0),
    )
    return b.model([out])


def sources(folder: Path, arithmetic: str = "xnnpack") -> Path:
    model = network()
    return written(folder, emitted(model, arithmetic, inputs_for(model, 3)))


def compiled(source: Path, main: str, folder: Path, *more: str) -> Path:
    """Build a program of the runtime with a main file of the test's own."""
    (folder / "own.c").write_text(main, encoding="utf-8")
    program = folder / "own"
    files = [str(source / name) for name in ("model.c", "model_weights.c", "selftest.c")]
    command = [*compiler(), *STRICT, f"-I{source}", *more, str(folder / "own.c"), *files, "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def test_the_same_model_gives_the_same_files() -> None:
    model = network()
    inputs = inputs_for(model, 3)
    assert emitted(model, "integer", inputs) == emitted(network(), "integer", inputs)


def test_only_the_kernels_that_are_needed(tmp_path: Path) -> None:
    names = {path.stem for path in (sources(tmp_path) / "kernels").iterdir()}
    assert {"conv_2d", "fully_connected", "lookup", "matrix", "requantize"} <= names
    assert not {"softmax", "depthwise_conv_2d", "sum", "move"} & names


def test_kernels_are_copied_as_they_are(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "templates/c/kernels"
    for path in (sources(tmp_path) / "kernels").iterdir():
        assert path.read_bytes() == (shipped / path.name).read_bytes()


def test_every_layer_is_called_by_name_in_order(tmp_path: Path) -> None:
    code = (sources(tmp_path) / "model.c").read_text(encoding="utf-8")
    body = code[code.index("void model_invoke") :]
    named = ["layer_0_conv_2d_first_layer", "layer_1_logistic_second", "layer_2_fully_connected_scores"]
    assert re.findall(r"layer_\d_\w+", body) == named
    assert "first * / layer" in code, "a name can't end a comment"


def test_no_heap_no_files_no_global_data(tmp_path: Path) -> None:
    source = sources(tmp_path)
    objects = []
    for name in ("model", "model_weights", "selftest"):
        objects.append(tmp_path / f"{name}.o")
        flags = [*STRICT, "-O2", "-c", "-o", str(objects[-1])]
        subprocess.run([*compiler(), *flags, str(source / f"{name}.c")], check=True)
    symbols = subprocess.run(["nm", *map(str, objects)], check=True, capture_output=True, encoding="utf-8").stdout
    wanted = {m[1] for m in re.finditer(r"^ +U (\w+)$", symbols, re.MULTILINE)}
    own = {m[1] for m in re.finditer(r"^[0-9a-f]+ [TR] (\w+)$", symbols, re.MULTILINE)}
    assert wanted - own <= {"memcpy", "memset", "_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
    assert not re.search(r" [bBDC] ", symbols), "data that is not const"


@pytest.mark.skipif(platform.machine() not in {"x86_64", "aarch64"}, reason="the compiler's flag is of these CPUs")
def test_an_integer_model_computes_without_a_float(tmp_path: Path) -> None:
    flags = [*STRICT, "-O2", "-mgeneral-regs-only", "-c", "-o", str(tmp_path / "model.o")]
    for arithmetic, refused in (("integer", False), ("xnnpack", True)):
        source = sources(tmp_path / arithmetic, arithmetic)
        done = subprocess.run([*compiler(), *flags, str(source / "model.c")], check=False, capture_output=True)
        assert (done.returncode != 0) == refused


def test_the_header_says_what_the_model_takes(tmp_path: Path) -> None:
    header = (sources(tmp_path) / "model.h").read_text(encoding="utf-8")
    for line in (
        "MODEL_INPUT_0_BYTES 108u",
        "MODEL_INPUT_0_DIM_3 3u",
        "MODEL_INPUT_0_ZERO_POINT (-3)",
        "MODEL_OUTPUT_0_ELEMENTS 4u",
        "int8_t *model_input_0(const model_t *model);",
    ):
        assert line in header
    scale = re.search(r"MODEL_INPUT_0_SCALE (\S+)f", header)
    assert scale
    assert np.float32(scale[1]) == np.float32(0.05)


def test_the_hash_changes_with_the_interface_only() -> None:
    def hash_of(model: Model, arithmetic: str) -> str:
        files = {
            e.path: e.content.decode()
            for e in emitted(model, arithmetic, inputs_for(model, 1))
            if e.path.endswith(".h")
        }
        found = re.search(r"MODEL_ABI_HASH (\w+)", files["runtime/c/model.h"])
        assert found
        return found[1]

    one, other = (dense(Case(shape=(1, 12), seed=seed)) for seed in (1, 2))
    rescaled = dense(Case(shape=(1, 12), scales=(0.07, 0.06)))
    assert hash_of(one, "integer") == hash_of(other, "integer")
    assert len({hash_of(one, "integer"), hash_of(one, "xnnpack"), hash_of(rescaled, "integer")}) == 3


def test_the_self_test_names_the_first_layer_that_differs(tmp_path: Path) -> None:
    source = sources(tmp_path)
    weights = source / "model_weights_arrays.h"
    sound = weights.read_text(encoding="utf-8")
    weights.write_text(with_line(sound, "int8_t model_1_table"), encoding="utf-8")
    assert selftest(compile_runtime(source, tmp_path)) == "LOGISTIC #1 'second'"
    weights.write_text(with_line(weights.read_text(encoding="utf-8"), "int8_t model_0_weights"), encoding="utf-8")
    assert selftest(compile_runtime(source, tmp_path)) == "CONV_2D #0 'first * / layer'"


def with_line(text: str, array: str) -> str:
    """The file with other numbers in the first line of an array."""
    head, *lines = text[text.index(f"{array}[") :].split("\n")
    damaged = ", ".join(["99"] * lines[0].count(",")) + ","
    return text.replace(f"{head}\n{lines[0]}\n", f"{head}\n{damaged}\n")


def test_two_instances_work_at_once(tmp_path: Path) -> None:
    main = r"""
#include "model.h"
#include <stdio.h>
#include <string.h>
static _Alignas(MODEL_ARENA_ALIGN) uint8_t first[MODEL_ARENA_BYTES], second[MODEL_ARENA_BYTES];
int main(void)
{
    model_t a, b;
    if (model_init(&a, first, sizeof first) || model_init(&b, second, sizeof second))
        return 2;
    if (model_init(&a, first, sizeof first - 1u) != -1 || model_init(&a, first + 1, sizeof first) != -1)
        return 3;
    if (fread(model_input_0(&a), 1, MODEL_INPUT_0_BYTES, stdin) != MODEL_INPUT_0_BYTES)
        return 4;
    if (fread(model_input_0(&b), 1, MODEL_INPUT_0_BYTES, stdin) != MODEL_INPUT_0_BYTES)
        return 4;
    for (size_t layer = 0; layer < MODEL_LAYERS; layer++) {
        model_layer(&a, layer);
        model_layer(&b, layer);
    }
    fwrite(model_output_0(&a), 1, MODEL_OUTPUT_0_BYTES, stdout);
    fwrite(model_output_0(&b), 1, MODEL_OUTPUT_0_BYTES, stdout);
    return model_output(&a, 1) || model_input(&a, 1) ? 5 : 0;
}
"""
    source = sources(tmp_path)
    inputs = inputs_for(network(), 3)
    program = compiled(source, main, tmp_path, "-std=c11", "-fsanitize=address,undefined")
    done = subprocess.run([program], input=inputs[0][1:].tobytes(), capture_output=True, check=True)
    (wanted,) = reference.run(network(), inputs, "xnnpack")
    assert done.stdout == wanted[1:].tobytes()


def test_cplusplus_may_include_the_header(tmp_path: Path) -> None:
    (tmp_path / "own.cpp").write_text(
        '#include "model.h"\nMODEL_ARENA(arena);\n'
        "int main() { model_t m; return model_init(&m, arena, sizeof arena) || MODEL_INPUT_0_SCALE < 0.04f; }\n",
        encoding="utf-8",
    )
    source = sources(tmp_path)
    for standard in ("c++98", "c++11", "c++20"):
        flags = ["-x", "c++", f"-std={standard}", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]
        subprocess.run([*compiler(), *flags, f"-I{source}", str(tmp_path / "own.cpp")], check=True)


def test_a_compiler_without_the_c_library_headers(tmp_path: Path) -> None:
    source = sources(tmp_path)
    words = source / "kernels/edgepack.h"
    words.write_text(words.read_text(encoding="utf-8").replace("(<string.h>)", "(<nowhere.h>)"), encoding="utf-8")
    for name in ("model", "model_weights", "selftest"):
        flags = [*STRICT, "-O2", "-c", "-o", str(tmp_path / "one.o")]
        subprocess.run([*compiler(), *flags, str(source / f"{name}.c")], check=True)


def test_float_results_are_held_against_fast_math(tmp_path: Path) -> None:
    for arithmetic, refused in (("integer", False), ("xnnpack", True)):
        source = sources(tmp_path / arithmetic, arithmetic)
        command = [*compiler(), "-std=c99", "-ffast-math", "-fsyntax-only", str(source / "model.c")]
        done = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
        assert ("-ffast-math" in done.stderr) == (done.returncode != 0) == refused


def test_what_cmake_builds_runs_and_its_static_library_has_no_variable(tmp_path: Path) -> None:
    cmake = shutil.which("cmake")
    if cmake is None:
        pytest.skip("no cmake is here")
    source, build = sources(tmp_path), tmp_path / "build"
    # As a compiler for bare systems does by default: position-independent code makes variables of constant tables.
    static = ["-DCMAKE_C_FLAGS=-fno-pie", "-DCMAKE_EXE_LINKER_FLAGS=-no-pie", f"-DCMAKE_C_COMPILER={compiler()[0]}"]
    subprocess.run([cmake, "-S", source, "-B", build, *static], check=True, capture_output=True)
    subprocess.run([cmake, "--build", build], check=True, capture_output=True)
    assert selftest(build / "model") == ""
    said = ["objdump", "-h", str(build / "libmodel.a")]
    sections = subprocess.run(said, check=True, capture_output=True, encoding="utf-8").stdout
    assert ".rodata" in sections
    assert ".data.rel" not in sections


def test_make_with_other_flags_compiles_anew(tmp_path: Path) -> None:
    """Else objects of another CPU, or without threads, would be taken for up to date."""
    if shutil.which("make") is None:
        pytest.skip("no make is here")
    source = sources(tmp_path)

    def made(*options: str) -> tuple[bool, list[str]]:
        command = ["make", "-C", str(source), f"CC={compiler()[0]}", "OPTIMIZE=-O1", "libmodel.a", *options]
        subprocess.run(command, check=True, capture_output=True)
        objects = ["nm", "-A", str(source / "libmodel.a")]
        symbols = subprocess.run(objects, check=True, capture_output=True, encoding="utf-8").stdout
        compiled = sorted(path.name for path in source.glob("*.o") if path.stat().st_mtime_ns > before)
        return "model_use_threads" in symbols, compiled

    before = 0
    plain = ["model.o", "model_weights.o", "selftest.o"]
    assert made() == (False, plain)
    before = max(path.stat().st_mtime_ns for path in source.glob("*.o"))
    assert made() == (False, []), "nothing has changed"
    assert made("THREADS=1") == (True, [*plain, "threads.o"])
    before = max(path.stat().st_mtime_ns for path in source.glob("*.o"))
    assert made("CFLAGS=-DNAME='\".quoted\"'") == (False, plain)


@pytest.mark.parametrize("name", ["gcc", "clang"])
def test_weights_are_found_when_linking_optimizes(name: str, tmp_path: Path) -> None:
    """The assembler runs anew then, in the folder of whoever links: the file of the weights must be done with."""
    cmake, command = shutil.which("cmake"), shutil.which(name)
    if cmake is None or command is None:
        pytest.skip(f"no cmake or no {name} is here")
    source, build = sources(tmp_path), tmp_path / "build"
    options = [f"-DCMAKE_C_COMPILER={command}", "-DCMAKE_C_FLAGS=-flto -DEDGEPACK_INCBIN=1"]
    subprocess.run([cmake, "-S", source, "-B", build, *options], check=True, capture_output=True)
    done = subprocess.run([cmake, "--build", build, "--target", "model_runner"], check=False, capture_output=True)
    if name == "clang" and b"LLVMgold" in done.stdout + done.stderr:
        pytest.skip("no linker is here that optimizes what clang compiled")
    assert done.returncode == 0, done.stdout + done.stderr
    assert selftest(build / "model") == ""


def test_clang_with_sanitizers_has_nothing_to_warn_of(tmp_path: Path) -> None:
    clang = shutil.which("clang")
    if clang is None:
        pytest.skip("clang is not here")
    flags = [*STRICT, "-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
    assert selftest(compile_runtime(sources(tmp_path), tmp_path, flags=flags, command=[clang])) == ""


@pytest.mark.parametrize("incbin", [0, 1])
def test_constants_go_to_the_section_that_is_named(incbin: int, tmp_path: Path) -> None:
    source = sources(tmp_path)
    flags = [
        *STRICT,
        '-DEDGEPACK_WEIGHTS_SECTION=".flash2"',
        f"-DEDGEPACK_INCBIN={incbin}",
        f"-I{source}",
        "-c",
        "-o",
        str(tmp_path / "w.o"),
    ]
    subprocess.run([*compiler(), *flags, str(source / "model_weights.c")], check=True)
    listed = subprocess.run(["objdump", "-h", str(tmp_path / "w.o")], check=True, capture_output=True, encoding="utf-8")
    assert ".flash2" in listed.stdout


def test_scratch_lies_where_the_layer_leaves_room() -> None:
    model = together({"small": convolution(Case()), "large": convolution(Case(shape=(1, 30, 30, 8), channels=8))})
    bound = plan_memory(model).arena_bytes
    header = emitted(model, "xnnpack", inputs_for(model, 1))
    text = next(e.content.decode() for e in header if e.path.endswith("model.h"))
    found = re.search(r"MODEL_ARENA_BYTES (\d+)u", text)
    assert found
    assert bound <= int(found[1]) <= bound + 4 * 3 * 24 + 16


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (unary("COS", (1, 4), dtype=DType.FLOAT32, x=None, y=None), "has no C kernel"),
        (unary("SOFTMAX", (1, 8), dtype=DType.UINT8, options="SoftmaxOptions", beta=1.0), "the kernel takes int8"),
        (unary("RELU", (1, 8), dtype=DType.FLOAT32, x=None, y=None), "the kernel takes int8"),
        (unary("SOFTMAX", (1, 5000), options="SoftmaxOptions", beta=1.0), "a row has 5000 elements"),
        (convolution(Case(activation=Activation.TANH)), "is no clamp"),
    ],
)
def test_what_has_no_kernel_is_named_with_its_place(model: Model, message: str) -> None:
    found = unsupported(model, "integer")[0]
    assert message in found.message
    assert found.where.startswith(model.main.nodes[0].op)
    assert found.hint


def test_an_accumulator_that_may_overflow_is_refused() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, quant(0.05))
    w = b.const(np.full((1, 4), 127, np.int8), "w", quant(0.01))
    bias = b.const(np.asarray([2**31 - 1], np.int32), "b", quant(0.0005))
    y = b.op(
        "FULLY_CONNECTED", [x, w, bias], (1, 1), options="FullyConnectedOptions", dtype=DType.INT8, quant=quant(1e5)
    )
    (found,) = unsupported(b.model([y]), "integer")
    assert "its sums reach 2147548" in found.message


def test_a_sum_that_scaled_may_overflow_is_refused() -> None:
    """Where LiteRT rounds in double; other rules wrap as it does, or saturate."""
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, quant(0.5))
    w = b.const(np.full((1, 4), 127, np.int8), "w", quant(0.5))
    bias = b.const(np.asarray([2**30], np.int32), "b", quant(0.25))
    y = b.op(
        "FULLY_CONNECTED", [x, w, bias], (1, 1), options="FullyConnectedOptions", dtype=DType.INT8, quant=quant(0.125)
    )
    model = b.model([y])
    assert not unsupported(model, "xnnpack")
    (found,) = unsupported(model, "integer")
    assert "its scaling needs more than 32 bits" in found.message


def test_a_scale_that_no_integer_rounds_like_is_refused() -> None:
    b = GraphBuilder()
    x = b.input("x", (1, 4), DType.INT8, quant(1.0))
    w = b.const(np.full((1, 4), 127, np.int8), "w", quant(1.7784969941203599e-06))
    bias = b.const(np.asarray([2**29], np.int32), "b", quant(1.7784969941203599e-06))
    y = b.op(
        "FULLY_CONNECTED",
        [x, w, bias],
        (1, 1),
        options="FullyConnectedOptions",
        dtype=DType.INT8,
        quant=quant(0.9033055305480957),
    )
    model = b.model([y])
    assert not unsupported(model, "xnnpack")
    (found,) = unsupported(model, "integer")
    assert "no integer multiplier" in found.message
