"""The project's files: reproducible, complete, and sound as far as that can be told without the vendor's tools."""

import math
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from emit.hls.making import PART, Net, frames, q, reference_outputs, write_bundle

from packager.data import data_dir
from packager.emit.hls import design_for, project
from packager.ir import Activation, Model, Padding
from packager.plan.fpga_estimate import in_luts

needs_gxx = pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")


def small(name: str = "small") -> Model:
    net = Net(seed=2)
    x = net.input((6, 5, 2), q(0.05, -9))
    y = net.conv(x, 4, (3, 3), activation=Activation.RELU, out=q(0.2, -128))
    y = net.conv(y, 4, (3, 3), depthwise=True)
    y = net.pool("AVERAGE_POOL_2D", y, (6, 5), (6, 5), Padding.VALID)
    return net.builder.model([net.softmax(net.dense(net.reshape(y, (1, 4)), 3))], name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = small()
    inputs = frames(model, 3)
    bundle = write_bundle(model, inputs, reference_outputs(model, inputs), tmp_path_factory.mktemp("project"))
    return bundle / "runtime/hls"


def run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8")


@needs_gxx
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_csim_passes_with_a_compiler_alone_and_fails_on_a_wrong_integer(folder: Path) -> None:
    command = ["make", "csim", "CXXFLAGS=-std=c++14 -O0 -Wall -Wextra -Werror"]
    good = run(command, folder)
    assert good.returncode == 0, good.stderr
    assert "PASS: 3 frames, 0 values differ" in good.stdout
    golden = folder / "golden/output_0.bin"
    content = golden.read_bytes()
    golden.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    bad = run(command, folder)
    golden.write_bytes(content)
    assert bad.returncode != 0
    assert "FAIL: 3 frames, 1 values differ" in bad.stdout


def test_two_renderings_are_the_same_bytes() -> None:
    def files() -> list[tuple[str, bytes]]:
        model = small()
        inputs = frames(model, 2)
        return [(e.path, e.content) for e in project(design_for(model, PART), inputs, inputs[:1], name="small")]

    assert files() == files()


def test_the_header_library_is_copied_as_it_is(folder: Path) -> None:
    library = data_dir("templates") / "hls" / "include"
    names = sorted(f.name for f in library.iterdir())
    assert sorted(p.name for p in (folder / "include").iterdir()) == names
    for name in names:
        assert (folder / "include" / name).read_bytes() == (library / name).read_bytes()


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed")
def test_the_tcl_script_runs_the_vendors_commands_in_order(folder: Path) -> None:
    """The commands are stand-ins that write down their arguments: this shows syntax and order, not synthesis."""
    known = ["open_project", "set_top", "add_files", "open_solution", "set_part", "create_clock"]
    known += ["csim_design", "csynth_design", "cosim_design", "export_design"]
    stubs = "".join(f'proc {name} args {{puts "{name} $args"}}\n' for name in known)
    script = folder / "run_hls.tcl"
    program = f"{stubs}set argv0 x\nsource {script}\n"
    done = subprocess.run(
        ["tclsh"],
        input=program,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert [line.split()[0] for line in said] == [
        *("open_project", "set_top", "add_files", "add_files", "open_solution", "set_part", "create_clock"),
        *("csim_design", "csynth_design", "export_design"),
    ]
    assert "set_top edgepack_top" in said
    assert "set_part xc7z020clg400-1" in said
    assert "create_clock -period 10.000 -name default" in said


def test_no_template_keeps_state_between_calls(folder: Path) -> None:
    """A static buffer in a function template would be shared by equal layers."""
    for header in (folder / "include").glob("edgepack_*.h"):
        if header.name != "edgepack_timed.h":
            code = re.sub(r"//.*", "", header.read_text("utf-8"))
            assert not re.search(r"\bstatic (?!const|_assert|_cast)", code), header.name


def test_every_stream_of_the_top_function_has_its_depth(folder: Path) -> None:
    code = (folder / "src/top.cpp").read_text("utf-8")
    declared = re.findall(r"EP_STREAM\(\d+, \d+, (\w+), DEPTH_(\w+)\)", code)
    depths = re.findall(r"STREAM variable = (\w+) depth = DEPTH_(\w+)", code)
    defined = re.findall(r"#define DEPTH_(\w+) \d+", (folder / "src/depths.h").read_text("utf-8"))
    assert declared
    assert declared == depths == [(name, name) for name in defined]


def test_every_constant_of_several_words_is_bound_to_what_it_was_counted_as(folder: Path) -> None:
    """Weights here; where every lane has a copy, the library binds them. One word is wires."""
    code = (folder / "src/top.cpp").read_text("utf-8")
    bound = dict(re.findall(r"BIND_STORAGE variable = (\w+) type = rom_1p impl = (\w+)\)", code))
    weights = (folder / "src/weights.h").read_text("utf-8")
    defined = re.findall(r"u?int(\d+)_t (\w+)\[(\d+)\]((?:\[\d+\])*)", weights)
    several = {name: (int(bits), int(n), inner) for bits, name, n, inner in defined if int(n) > 1}
    assert set(bound) == set(several)
    for name, (bits, depth, inner) in several.items():
        width = bits * math.prod(int(n) for n in re.findall(r"\d+", inner))
        if not name.endswith(("_bias", "_multiplier", "_shift")):  # which are one memory in the estimate
            assert bound[name] == ("lutram" if in_luts(width, depth) else "bram"), name
    assert set(bound.values()) == {"lutram", "bram"}


def test_nothing_in_the_project_knows_where_it_was_made(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.suffix in {".cpp", ".h", ".tcl", ".md"} or path.name == "Makefile":
            text = path.read_text("utf-8")
            assert str(folder) not in text
            assert not re.search(r"\b20\d\d-\d\d-\d\d\b", text)


def test_vitis_unified_command_line_gets_the_same_files_and_flags(folder: Path) -> None:
    rows = (folder / "hls_config.cfg").read_text("utf-8").splitlines()
    settings = [tuple(row.split("=", 1)) for row in rows if "=" in row and not row.startswith("#")]
    keys = [key for key, _ in settings]
    for key, value in settings:
        if key in {"syn.file", "tb.file", "csim.argv", "cosim.argv"}:
            assert (folder / value).exists(), value
    assert settings[0] == ("part", "xc7z020clg400-1")
    assert ("clock", "10.000ns") in settings
    assert ("syn.cflags", "-std=c++14 -DEP_VENDOR -Iinclude -Isrc") in settings
    assert keys.count("tb.file") == 2


@needs_gxx
def test_a_missing_end_of_frame_is_found(folder: Path, tmp_path: Path) -> None:
    """A DMA engine in simple mode stops at TLAST, so the testbench asks for it."""
    header = (folder / "include/edgepack_port.h").read_text("utf-8")
    assert header.count("i + 1 == TOTAL / LANES") == 1
    changed = tmp_path / "include"
    shutil.copytree(folder / "include", changed)
    (changed / "edgepack_port.h").write_text(header.replace("i + 1 == TOTAL / LANES", "i == 0"), encoding="utf-8")
    sources = ["src/top.cpp", "testbench/testbench.cpp", "-o", str(tmp_path / "csim")]
    made = run(["g++", "-std=c++14", "-O0", f"-I{changed}", "-Isrc", *sources], folder)
    assert made.returncode == 0, made.stderr
    done = run([str(tmp_path / "csim"), "golden"], folder)
    assert done.returncode == 1
    assert "TLAST is set at value 0 of 3" in done.stderr


@needs_gxx
def test_compilers_without_side_channels_get_plain_words(folder: Path, tmp_path: Path) -> None:
    sources = ["src/top.cpp", "testbench/testbench.cpp", "-o", str(tmp_path / "csim")]
    strict = ["-std=c++14", "-O0", "-Wall", "-Wextra", "-Werror", "-DEP_NO_LAST"]
    made = run(["g++", *strict, "-Iinclude", "-Isrc", *sources], folder)
    assert made.returncode == 0, made.stderr
    assert "PASS: 3 frames" in run([str(tmp_path / "csim"), "golden"], folder).stdout
