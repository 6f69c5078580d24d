"""The project's files: the static header library as it is, and Jinja templates for what differs by model."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from packager.bundle import Entry
from packager.data import data_dir
from packager.emit.hls._contract import Op
from packager.emit.hls._design import Design
from packager.emit.hls._stage import Array, Ints
from packager.emit.hls._streams import Process

_FOLDER = "hls"
_LINE = 118
TOP = "edgepack_top"
"""Name of the function that becomes the IP core."""


def project(
    design: Design, inputs: Sequence[Ints], outputs: Sequence[Ints], *, name: str, root: str = "runtime/hls"
) -> tuple[Entry, ...]:
    """Return the project's files under `root`.

    Args:
        design: what to write.
        inputs: golden inputs, one array of 8 bits ``[n, ...]`` per model input.
        outputs: what the model makes of them, in ``integer`` arithmetic.
        name: of the model, for headings.
        root: folder in the bundle.
    """
    context = _context(design, name)
    files = [*_static(), *_rendered(context)]
    files.append(("src/weights.h", _weights(design)))
    files.append(("estimate.json", _estimate(design)))
    entries = [Entry(path=f"{root}/{path}", content=text.encode(), role="source") for path, text in files]
    for kind, arrays in (("input", inputs), ("output", outputs)):
        entries += [
            Entry(path=f"{root}/golden/{kind}_{i}.bin", content=np.ascontiguousarray(a).tobytes(), role="golden")
            for i, a in enumerate(arrays)
        ]
    return tuple(entries)


def _static() -> Iterator[tuple[str, str]]:
    """Every header, as it is."""
    folder = data_dir("templates") / _FOLDER
    for inside in ("include", "testbench"):
        for file in sorted((folder / inside).iterdir(), key=lambda p: p.name):
            if file.name.endswith(".h"):
                yield f"{inside}/{file.name}", file.read_text("utf-8")


def _rendered(context: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every ``*.j2`` file of the folder, under its own path without the suffix."""
    folder = data_dir("templates") / _FOLDER
    for inside in ("", "src", "testbench", "board"):
        there = folder / inside if inside else folder
        for file in sorted(there.iterdir(), key=lambda p: p.name):
            if file.name.startswith("driver.") and not context["processor"]:
                continue
            if file.name.endswith(".j2"):
                yield (
                    f"{inside}/{file.name}".lstrip("/").removesuffix(".j2"),
                    rendered(file.read_text("utf-8"), context),
                )


def rendered(template: str, context: Mapping[str, Any]) -> str:
    import jinja2

    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - C++ and Tcl, not HTML
    )
    return environment.from_string(template).render(context)


def _context(design: Design, name: str) -> dict[str, Any]:
    network, part = design.network, design.part
    return {
        "name": name,
        "top": TOP,
        "processor": _processor(part.part),
        "part": part.part,
        "clock_mhz": f"{part.clock_mhz:g}",
        "period_ns": f"{1000 / part.clock_mhz:.3f}",
        "inputs": network.inputs,
        "outputs": network.outputs,
        "types": {
            c.name: design.model.main.type_of(t).dtype.value
            for channels, tensors in (
                (network.inputs, design.model.main.inputs),
                (network.outputs, design.model.main.outputs),
            )
            for c, t in zip(channels, tensors, strict=True)
        },
        "channels": [c for c in network.channels if not c.port],
        "depths": {c.name: c.depth for c in network.channels if not c.port},
        "simulated": False,
        "processes": [_process(design, p) for p in network.processes],
        "interval": design.interval,
        "resources": [
            ("LUT", f"{design.cost.lut:,.0f}", f"{part.lut:,}"),
            ("FF", f"{design.cost.ff:,.0f}", f"{part.ff:,}"),
            ("DSP", f"{design.cost.dsp:,}", f"{part.dsp:,}"),
            ("BRAM36", f"{design.cost.bram18 / 2:,g}", f"{part.bram36:,}"),
        ],
        "frames_per_second": f"{part.clock_mhz * 1e6 / design.interval:.0f}",
    }


def _processor(part: str) -> str:
    """The processor beside the logic, as Vivado's block designs tell them apart; empty where there is none."""
    return "zynq" if part.startswith("xc7z") else "zynqmp" if part.startswith(("xczu", "xck")) else ""


def _process(design: Design, process: Process) -> dict[str, Any]:
    stage, channels = process.stage, {c.name: c for c in design.network.channels}
    label, shape = "", ""
    arrays: tuple[Array, ...] = ()
    if process.op is not None:
        op = dataclasses.replace(design.ops[process.op], port=process.port)
        label, arrays = op.label, stage.arrays()
        shape = f"{label}_shape"
    return {
        "name": f"run_{process.name}",
        "where": "" if process.op is None else f"{_where(design.ops[process.op])}, ",
        "what": stage.name,
        "sum": f" = {stage.sum}" if stage.sum else "",
        "call": stage.call.replace("{shape}", shape),
        "shape": f"typedef {stage.shape} {shape};" if stage.shape and stage.name == "window" else "",
        "reads": [channels[c] for c in process.reads],
        "writes": [channels[c] for c in process.writes],
        "arrays": [f"{label}_{a.name}" for a in arrays],
        "reshapes": [(f"{label}_{a.name}", dim) for a in arrays for dim in a.reshape],
        "storages": [(f"{label}_{a.name}", a.storage) for a in arrays if a.storage],
        "scalars": [_literal(s) for s in stage.scalars],
        "cycles": stage.cycles,
    }


def _where(op: Op) -> str:
    """The operator's place; of the names that a converter fused into one, the last."""
    name = op.graph.node_name(op.index).rpartition(";")[2]
    return f"{op.node.op} #{op.index} {name!r}"


def _literal(value: int) -> str:
    return f"{value}u" if value > 0x7FFFFFFF else str(value)


def _estimate(design: Design) -> str:
    """What each process was estimated at, for the tools' own reports to be held against."""
    rows = [
        {
            "process": f"run_{p.name}",
            "kind": p.stage.name,
            "cycles": p.stage.cycles,
            "straight": p.stage.straight,
            "lut": round(p.stage.cost.lut),
            "ff": round(p.stage.cost.ff),
            "dsp": p.stage.cost.dsp,
            "bram18": p.stage.cost.bram18,
        }
        for p in design.network.processes
    ]
    streams = [
        {"stream": c.name, "bits": c.lanes * c.bits, "depth": c.depth} for c in design.network.channels if not c.port
    ]
    document = {"schema": 1, "part": design.part.part, "processes": rows, "streams": streams}
    return json.dumps(document, indent=1) + "\n"


def _weights(design: Design) -> str:
    lines = [
        "// Constants of the model: weights, biases (the input's zero point folded in), multipliers, shifts, tables.",
        "#ifndef EDGEPACK_WEIGHTS_H",
        "#define EDGEPACK_WEIGHTS_H",
        "",
        "#include <stdint.h>",
        "",
    ]
    for process in design.network.processes:
        if process.op is not None:
            label = dataclasses.replace(design.ops[process.op], port=process.port).label
            for array in process.stage.arrays():
                lines += _definition(label, array)
    return "\n".join([*lines, "#endif", ""])


def _definition(label: str, array: Array) -> Iterator[str]:
    extents = "".join(f"[{n}]" for n in array.values.shape)
    yield f"static const {array.ctype} {label}_{array.name}{extents} = {{"
    flat = array.values.reshape(len(array.values), -1)
    inner = array.values.shape[1:]
    for row in flat.tolist() if inner else [array.values.tolist()]:
        yield from _wrapped(_nested(row, inner) + "," if inner else ", ".join(str(v) for v in row))
    yield "};"
    yield ""


def _nested(row: list[int], inner: tuple[int, ...]) -> str:
    if len(inner) == 1:
        return "{" + ", ".join(map(str, row)) + "}"
    size = len(row) // inner[0]
    return "{" + ", ".join(_nested(row[i * size : (i + 1) * size], inner[1:]) for i in range(inner[0])) + "}"


def _wrapped(text: str) -> Iterator[str]:
    """Lines of at most `_LINE` characters, broken at spaces; done by hand, for `textwrap` takes seconds."""
    start = 0
    while len(text) - start > _LINE:
        cut = text.rindex(" ", start, start + _LINE)
        yield "    " + text[start:cut]
        start = cut + 1
    yield "    " + text[start:]
