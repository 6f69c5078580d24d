"""Vector kernels of other CPUs, emulated: the shapes at which tiles and windows end, and that they are what runs."""

import dataclasses
import shutil
import subprocess
from pathlib import Path

import pytest
from emit.c.making import STRICT, check, together
from ops.convolving import Case, convolution, dense, depthwise
from ops.judging import binary, unary

from packager.ir import Activation, DType, Model, Padding
from packager.ops import ARITHMETICS

CPUS = {
    "neon": ("aarch64-linux-gnu", "qemu-aarch64", ("-mcpu=cortex-a53",), "smlal2"),
    "dotprod": ("aarch64-linux-gnu", "qemu-aarch64", ("-mcpu=cortex-a76",), "sdot"),
    "armv7": ("arm-linux-gnueabihf", "qemu-arm", ("-mcpu=cortex-a53", "-mfpu=neon-vfpv4"), "vpadal.s16"),
    "dsp": ("arm-linux-gnueabi", "qemu-arm", ("-march=armv7-a", "-mthumb", "-mfloat-abi=soft"), "smlad"),
    "armv6": ("arm-linux-gnueabi", "qemu-arm", ("-mcpu=arm1176jzf-s", "-mfloat-abi=soft"), "smlad"),
}
"""Prefix of the tools, the emulator, flags, and an instruction that the portable C does not become. ``dsp`` is what
Cortex-M4, M7 and M33 run, on a CPU that qemu-user has."""

LINES = {"a": (1, 1), "b": (2, 2), "c": (3, 5), "d": (5, 3), "e": (7, 8)}
SHAPES = {
    # Pixels in a row from 1 to 14, quads in a run from 1 to 9, outputs on both sides of blocks of 16.
    **{
        f"pointwise-{n}": convolution(Case(shape=(1, 1, n, 4 * n + n % 3), kernel=(1, 1), channels=13 + n))
        for n in (1, 2, 3, 4, 5, 7, 8, 9, 14)
    },
    **{
        f"window-{depth}": convolution(Case(shape=(1, 6, 11, depth), channels=channels, stride=(1, 1 + depth % 2)))
        for depth, channels in ((1, 8), (3, 16), (4, 24), (8, 17), (16, 32))
    },
    "tall": convolution(Case(shape=(1, 21, 10, 1), kernel=(10, 4), stride=(2, 2), channels=20)),
    "relu": convolution(Case(shape=(1, 4, 5, 8), channels=16, activation=Activation.RELU, zeros=(-128, -128))),
    **{
        f"slide-{name}-{stride}-{padding.name}": depthwise(
            Case(shape=(1, *line, channels), stride=stride, padding=padding, zeros=(-128, 127))
        )
        for name, line, channels in zip(LINES, LINES.values(), (8, 16, 40, 3, 17), strict=True)
        for stride in ((1, 1), (2, 2), (1, 2), (2, 1), (3, 3))
        for padding in (Padding.SAME, Padding.VALID)
        if padding is Padding.SAME or min(line) >= 3
    },
    "column": depthwise(Case(shape=(2, 15, 1, 24), kernel=(5, 1), padding=Padding.VALID)),
    "apart": depthwise(Case(shape=(1, 9, 9, 16), dilation=(2, 2))),
    **{f"dense-{n}": dense(Case(shape=(n, 20 + n), channels=15 + n)) for n in (1, 2, 5, 6, 8)},
    "dense-saturating": dense(Case(shape=(3, 64), channels=32, scales=(0.5, 0.01), zeros=(127, -128))),
    "sum": binary("ADD", ((1, 5, 7), (1, 5, 7)), options="AddOptions"),
    "softmax": unary("SOFTMAX", (3, 19), y=(1 / 256, -128), options="SoftmaxOptions", beta=1.0),
}


def lowest(model: Model) -> Model:
    """The model with every second of its weights at -128, and the first of them all."""
    graph = model.main
    tensors = []
    for t in graph.tensors:
        data = t.data
        if data is not None and t.type.dtype is DType.INT8:
            data = data.copy()
            data[: len(data) // 2 + 1] = -128
            data.reshape(-1)[::2] = -128
        tensors.append(dataclasses.replace(t, data=data))
    return dataclasses.replace(model, graphs=(dataclasses.replace(graph, tensors=tuple(tensors)),))


LOWEST = {
    name: lowest(SHAPES[name])
    for name in ("pointwise-3", "pointwise-8", "window-4", "slide-c-(1, 1)-SAME", "column", "dense-2")
}


def tools(cpu: str) -> tuple[list[str], list[str], tuple[str, ...]]:
    prefix, emulator, flags, _ = CPUS[cpu]
    for tool in (f"{prefix}-gcc", emulator):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not here")
    return [f"{prefix}-gcc"], [emulator], (*STRICT, "-static", *flags)


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("cpu", CPUS)
def test_the_same_integers_at_every_edge(cpu: str, arithmetic: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    check(together(SHAPES), arithmetic, tmp_path, flags=(*flags, "-O2"), command=command, emulator=emulator)
    listed = subprocess.run(
        [f"{CPUS[cpu][0]}-objdump", "-d", str(tmp_path / "model")], check=True, capture_output=True, encoding="utf-8"
    ).stdout
    assert CPUS[cpu][3] in listed, "the vector kernel is not what ran"


@pytest.mark.slow
@pytest.mark.parametrize("cpu", CPUS)
def test_weights_whose_products_overflow_16_bits(cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    check(together(LOWEST), "integer", tmp_path, flags=(*flags, "-O1"), command=command, emulator=emulator)
    assert "#define EP_MINUS_128 1" in (tmp_path / "runtime/c/model.c").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("cpu", ["dotprod", "neon", "armv7", "dsp"])
def test_nothing_undefined_at_any_edge(cpu: str, tmp_path: Path) -> None:
    command, emulator, flags = tools(cpu)
    trapped = (*flags, "-O1", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error")
    check(together(SHAPES), "integer", tmp_path, flags=trapped, command=command, emulator=emulator)
