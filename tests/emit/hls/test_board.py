"""The board's script and driver, with stand-ins for Vivado and PYNQ: syntax, order and protocol, not their effect."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from emit.hls.making import Net, frames, q, reference_outputs, write_bundle

from packager.config.profile import load_profile
from packager.ir import Model

BOARDS = ("fpga-arty-a7-35t", "fpga-pynq-z2", "fpga-kv260")
"""One of each kind: no processor, Zynq-7000, Zynq UltraScale+."""
COMMANDS = """create_project set_property current_project update_ip_catalog create_bd_design create_bd_cell
connect_bd_intf_net connect_bd_net get_bd_intf_pins get_bd_pins get_bd_cells apply_bd_automation assign_bd_address
validate_bd_design save_bd_design get_files add_files make_wrapper current_fileset launch_runs wait_on_run open_run
report_utilization report_timing_summary get_runs create_ip generate_target get_ips read_xdc synth_design
opt_design place_design route_design get_bd_addr_spaces get_timing_paths"""


def model() -> Model:
    """Six values a pixel in, three values out."""
    net = Net(seed=3)
    x = net.conv(net.input((4, 4, 6), q(0.05, -9)), 4, (3, 3))
    return net.model(net.dense(net.reshape(x, (1, 64)), 3))


def project(folder: Path, target: str) -> Path:
    part = load_profile(target).fpga
    assert part is not None
    made = model()
    inputs = frames(made, 3)
    return write_bundle(made, inputs, reference_outputs(made, inputs), folder, part=part) / "runtime/hls"


@pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed")
@pytest.mark.parametrize("target", BOARDS)
def test_vivado_gets_its_commands_in_order(target: str, tmp_path: Path) -> None:
    folder = project(tmp_path, target)
    runs, handoff = folder / "runs", folder / "vivado/edgepack.gen/sources_1/bd/board/hw_handoff"
    for made in (runs / "board_wrapper.bit", handoff / "board.hwh"):
        made.parent.mkdir(parents=True)
        made.write_text(made.name, encoding="utf-8")
    stubs = "".join(
        f'proc {name} args {{puts "{name} $args"; return [lindex $args end]}}\n' for name in COMMANDS.split()
    )
    known = f'if {{$what eq "OFFSET"}} {{return $where}}; if {{$what eq "SLACK"}} {{return -0.25}}; return "{runs}"'
    stubs += f"proc get_property {{what where}} {{{known}}}\n"
    stubs += "proc get_bd_addr_segs args {regexp {\\*(\\w+)_Reg} [lindex $args end] - name; return at_$name}\n"
    stubs += "proc get_ipdefs args {regexp {\\*:(\\w+):} [lindex $args end] - name; return ip:$name}\n"
    (program := tmp_path / "stubs.tcl").write_text(f"{stubs}source {folder / 'board/vivado.tcl'}\n", encoding="utf-8")
    done = subprocess.run(
        ["tclsh", str(program)],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if not line.startswith("get_")]
    part = load_profile(target).fpga
    assert part is not None
    assert f"-part {part.part}" in said[0]
    assert [line.split()[0] for line in said[-3:-1]] == ["report_utilization", "report_timing_summary"]
    assert f"clock of {part.clock_mhz:g} MHz is missed by 0.25 ns" in said[-1]
    if "arty" in target:
        assert f"{1000 / part.clock_mhz:.3f} -name ap_clk" in (folder / "vivado/clock.xdc").read_text("utf-8")
        assert "route_design " in said
        return
    processor = "processing_system7" if "pynq" in target else "zynq_ultra_ps_e"
    assert f"create_bd_cell -type ip -vlnv ip:{processor} ps" in said
    assert [line.split()[-1] for line in said if line.startswith("create_bd_cell")][1:3] == ["edgepack", "dma_input_0"]
    addresses = (folder / "board/addresses.h").read_text("utf-8")
    assert "#define EDGEPACK_CONTROL at_edgepack\n" in addresses
    assert "#define EDGEPACK_OUTPUT_0 at_dma_output_0\n" in addresses
    assert "connect_bd_intf_net edgepack/output_0 dma_output_0/S_AXIS_S2MM" in said
    assert (folder / "board/edgepack.bit").read_text("utf-8") == "board_wrapper.bit"
    assert (folder / "board/edgepack.hwh").read_text("utf-8") == "board.hwh"


class Board:
    """What PYNQ shows of the board: it computes when input and output are both set up, a frame at a time."""

    def __init__(self, inputs: list[npt.NDArray[np.int8]], outputs: list[npt.NDArray[np.int8]]) -> None:
        self.known = {a.tobytes(): b for a, b in zip(inputs[0], outputs[0], strict=True)}
        self.size = inputs[0][0].size
        self.queue = b""
        self.freed = self.made = 0
        self.sink: Any = None
        self.edgepack = SimpleNamespace(write=self.control)
        self.running = False
        self.dma_input_0 = SimpleNamespace(sendchannel=SimpleNamespace(transfer=self.send, wait=self.sent))
        self.dma_output_0 = SimpleNamespace(recvchannel=SimpleNamespace(transfer=self.take, wait=self.taken))

    def control(self, offset: int, value: int) -> None:
        self.running = (offset, value) == (0, 0x81)

    def allocate(self, shape: tuple[int, ...], dtype: type) -> Any:
        board = self
        board.made += 1

        class Buffer(np.ndarray[Any, Any]):
            clean = False

            def flush(self) -> None:
                self.clean = True

            def invalidate(self) -> None:
                self.clean = True

            def freebuffer(self) -> None:
                board.freed += 1

        return np.zeros(shape, dtype).view(Buffer)

    def send(self, buffer: Any) -> None:
        assert buffer.clean, "the buffer was not flushed"
        self.queue += buffer.tobytes()

    def take(self, buffer: Any) -> None:
        assert self.sink is None, "a transfer was under way"
        self.sink = buffer

    def taken(self) -> None:
        assert self.running
        frame, self.queue = self.queue[: self.size], self.queue[self.size :]
        self.sink[:] = self.known[frame].reshape(-1)
        self.sink = None

    def sent(self) -> None:
        assert not self.queue


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = project(tmp_path, "fpga-pynq-z2")
    made = model()
    inputs = frames(made, 3)
    board = Board(list(inputs), list(reference_outputs(made, inputs)))
    pynq = SimpleNamespace(Overlay=lambda path: board, allocate=board.allocate, board=board)  # noqa: ARG005 - PYNQ's name
    monkeypatch.setitem(sys.modules, "pynq", pynq)
    spec = importlib.util.spec_from_file_location("edgepack_driver", folder / "board/driver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_driver_runs_the_golden_frames(driver: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    golden = Path(str(driver.__file__)).parents[1] / "golden"
    assert driver.main(golden) == 0
    assert capsys.readouterr().out == "PASS: 3 frames, 0 values differ\n"
    board = sys.modules["pynq"].board
    assert board.made == board.freed == 2
    output = golden / "output_0.bin"
    output.write_bytes(bytes([output.read_bytes()[0] ^ 1]) + output.read_bytes()[1:])
    assert driver.main(golden) == 1
    assert "FAIL: 3 frames, 1 values differ" in capsys.readouterr().out


def test_the_driver_splits_what_one_transfer_can_not_hold(
    driver: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(driver, "_MAX_BYTES", 2 * 96)
    assert driver.main(Path(str(driver.__file__)).parents[1] / "golden") == 0
    assert "PASS: 3 frames" in capsys.readouterr().out
    assert sys.modules["pynq"].board.made == 4


def test_the_driver_refuses_what_does_not_fit(driver: ModuleType) -> None:
    accelerator = driver.Accelerator("edgepack.bit")
    for wrong in (np.zeros((2, 95), np.int8), np.zeros((2, 96), np.uint8), np.zeros((), np.int8)):
        with pytest.raises(ValueError, match=r"takes int8 \[count, 96\]"):
            accelerator.run(wrong)
    with pytest.raises(ValueError, match="0 inputs given, the design has 1"):
        accelerator.run()
    assert [a.shape for a in accelerator.run(np.zeros((0, 96), np.int8))] == [(0, 3)]


def c_driver(folder: Path, place: Path, *, size: int, error: int = 0) -> Path:
    """The driver of a project, compiled with a board of our own under it; see `standin.c`."""
    base = 0x1_3000_0000
    values: dict[str, int | str] = {"IN_BYTES": 96, "OUT_BYTES": 3, "ERROR": error, "BASE": base}
    values |= {"FOLDER": f'"{place}"', "GOLDEN": f'"{folder / "golden"}"'}
    addresses = "".join(f"#define EDGEPACK_{n} 0x{0xA0000000 + i * 0x10000:x}\n" for i, n in enumerate(NAMES))
    (place / "addresses.h").write_text(addresses, encoding="utf-8")
    for name, text in (("memory", ""), ("buffer", ""), ("phys_addr", f"0x{base:x}\n"), ("size", f"{size}\n")):
        (place / name).write_text(text, encoding="utf-8")
    here = Path(__file__).parent
    strict = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]
    objects = []
    for source in (folder / "board/driver.c", here / "standin.c"):
        objects.append(str(place / f"{source.stem}.o"))
        defined = [f"-D{name}={value}" for name, value in values.items()]
        include = [f"-I{place}", f"-I{here}", "-include", "standin.h"]
        made = subprocess.run(
            ["gcc", *strict, *defined, *include, "-c", str(source), "-o", objects[-1]],
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        assert made.returncode == 0, made.stderr
    subprocess.run(["gcc", *objects, "-o", str(place / "driver")], check=True)
    return place / "driver"


NAMES = ("CONTROL", "INPUT_0", "OUTPUT_0")
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def run_driver(program: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *map(str, arguments)], capture_output=True, check=False, encoding="utf-8", timeout=60
    )


@needs_gcc
@pytest.mark.parametrize("size", [1 << 20, 64 * 2 + 3 + 2 * 96])
def test_the_driver_in_c_runs_the_golden_frames(size: int, tmp_path: Path) -> None:
    """The smaller buffer holds two of the three frames."""
    folder = project(tmp_path / "bundle", "fpga-pynq-z2")
    program = c_driver(folder, tmp_path, size=size)
    done = run_driver(program, folder / "golden")
    assert (done.returncode, done.stdout) == (0, "PASS: 3 frames, 0 values differ\n"), done.stderr
    done = run_driver(program, folder / "golden/input_0.bin", tmp_path / "out.bin")
    assert done.returncode == 0
    assert (tmp_path / "out.bin").read_bytes() == (folder / "golden/output_0.bin").read_bytes()


@needs_gcc
def test_the_driver_in_c_says_what_is_wrong(tmp_path: Path) -> None:
    folder = project(tmp_path / "bundle", "fpga-pynq-z2")
    program = c_driver(folder, tmp_path, size=64)
    assert "too small for a frame" in run_driver(program, folder / "golden").stderr
    (tmp_path / "short.bin").write_bytes(bytes(95))
    assert "no whole number of frames" in run_driver(program, tmp_path / "short.bin", tmp_path / "out.bin").stderr
    assert run_driver(program).returncode == 2
    program = c_driver(folder, tmp_path, size=1 << 20, error=0x10)
    assert "output_0: the DMA engine reports an error" in run_driver(program, folder / "golden").stderr
    (tmp_path / "buffer").unlink()
    assert "buffer: can't be opened" in run_driver(program, folder / "golden").stderr


@needs_gcc
def test_the_driver_in_c_compiles_for_the_devices_themselves(tmp_path: Path) -> None:
    folder = project(tmp_path, "fpga-pynq-z2")
    addresses = "".join(f"#define EDGEPACK_{n} 0x43c00000\n" for n in NAMES)
    (folder / "board/addresses.h").write_text(addresses, encoding="utf-8")
    command = ["gcc", "-std=c99", "-O2", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "board/driver.c", "-o", "driver"]
    made = subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8")
    assert made.returncode == 0, made.stderr
