"""The FPGA estimate's formulas against published synthesis reports: every row that has a counterpart here.

    python benchmarks/estimates/fpga.py ../shared/data/hls_anchors.json

prints the table of `docs/estimates.md` and the band of `packager.plan.fpga_estimate`. The reports are csynth's, of
hls4ml designs. What counts is logic after synthesis, so their LUTs and FFs are first brought down by the usual ratio of
synthesis to csynth in the designs that publish both.
"""

import json
import math
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from packager.plan.fpga_estimate import (
    Cost,
    accumulators,
    memory,
    mover,
    multipliers,
    reorderer,
    requantizer,
    window,
)

LUT_AFTER_SYNTHESIS, FF_AFTER_SYNTHESIS = 0.53, 0.75
"""Of csynth's figure: 0.45 to 0.60 and 0.68 to 0.83 in five of the six designs with both reports."""
YOSYS_LUT = 0.5
"""yosys 0.23 needs about twice the LUTs that Vivado does."""
WORD_BITS = {"AutoEncoder_hls4ml": 32, "hls4ml_modified_yolo_v3_tiny": 32}
"""Of a stream's value, by project; the others have 16."""

Row = tuple[str, str, str, float, float]
"""Project, layer, quantity, formula, report."""


def project_of(row: Mapping[str, Any]) -> str:
    return str(row["source"].split("github.com/")[1].split("/")[1])


def of_reports(anchors: Mapping[str, Any]) -> Iterator[Row]:
    seen = set()
    for row in anchors["per_module_csynth"]:
        config = row.get("config")
        if not config:
            continue
        found = tuple(of_module(row, config, WORD_BITS.get(project_of(row), 16) // 8))
        if found and found not in seen:
            seen.add(found)
            yield from found


def of_module(row: Mapping[str, Any], config: Mapping[str, Any], size: int) -> Iterator[Row]:
    """`size` is bytes of a value: a stream of n values is one of n * size lanes here."""
    module, project = row["module"], project_of(row)
    channels = config.get("n_chan", 0)

    def logic(layer: str, cost: Cost) -> Iterator[Row]:
        yield project, layer, "LUT", cost.lut, LUT_AFTER_SYNTHESIS * row["LUT"]
        yield project, layer, "FF", cost.ff, FF_AFTER_SYNTHESIS * row["FF"]

    if module.startswith("zeropad2d"):
        yield from logic(f"pad, {size * channels} lanes", mover(size * channels))
    elif module.startswith("resize_nearest"):
        yield from logic(f"nearest, {size * channels} lanes", reorderer(size * channels, 13))
    elif module.startswith("pooling2d") and "pool_height" in config:
        lanes = size * config["n_filt"]
        largest = Cost(lut=80 + 24 * lanes, ff=60 + 24 * lanes)
        yield from logic(f"maximum, {lanes} lanes", window(lanes, 2) + largest)
    elif module.startswith("dense_resource") and "16,6" in config["weight_t"]:
        products = config["n_in"] * config["n_out"] // config["reuse_factor"]
        layer = f"dense {config['n_in']} to {config['n_out']}, {products} products"
        yield project, layer, "DSP", multipliers(products, fabric=False).dsp, row["DSP"]
        yield project, layer, "RAMB18", memory(16 * products, 512).bram18, row["BRAM_18K"]
    elif module.startswith("conv_2d") and "6,1" in config["weight_t"]:
        weights = 9 * channels * config["n_filt"]
        products = weights // config["reuse_factor"]
        layer = f"conv {channels} to {config['n_filt']}, {products} products"
        yield project, layer, "DSP", multipliers(products, fabric=False).dsp, row["DSP"]
        if config["reuse_factor"] > 32:
            stored = memory(6 * products, config["reuse_factor"]).bram18
            yield project, layer, "RAMB18", stored, row["BRAM_18K"]


def of_kernels() -> Iterator[Row]:
    """Two kernels of this structure, through PandA-Bambu 2024.10 and yosys 0.23: PE 4 x SIMD 4, requantized exactly."""
    ours = accumulators(4, 4, 21) + requantizer(4, 2, 21)
    for layer, lut, ff in (("matrix 16 to 8", 1818, 1158), ("matrix 64 to 64", 2052, 1261)):
        yield "Bambu and yosys", f"{layer} with requantization", "LUT", ours.lut, YOSYS_LUT * lut
        yield "Bambu and yosys", f"{layer} with requantization", "FF", ours.ff, ff


def band(rows: list[Row], quantities: tuple[str, ...]) -> tuple[float, float]:
    """10th and 90th percentile of report over formula."""
    ratios = [report / formula for _, _, quantity, formula, report in rows if quantity in quantities]
    low, high = np.percentile(ratios, [10, 90])
    return math.floor(low * 20) / 20, math.ceil(high * 20) / 20


def main(path: Path) -> None:
    rows = [*of_reports(json.loads(path.read_text("utf-8"))), *of_kernels()]
    print("| project | part | quantity | formula | report | report / formula |\n|---|---|---|---|---|---|")
    for project, layer, quantity, formula, report in rows:
        print(f"| {project} | {layer} | {quantity} | {formula:.0f} | {report:.0f} | {report / formula:.2f} |")
    print(f"\nLOGIC_BAND = {band(rows, ('LUT', 'FF'))}")
    for quantity in ("LUT", "FF", "DSP", "RAMB18"):
        print(quantity, band(rows, (quantity,)), sum(r[2] == quantity for r in rows))


if __name__ == "__main__":
    main(Path(re.sub("^$", "../shared/data/hls_anchors.json", sys.argv[1] if len(sys.argv) > 1 else "")))
