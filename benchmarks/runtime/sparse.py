"""Instructions of matrix products whose weights are zero in part, in every form that `packager.emit.c._stored` knows.

    python benchmarks/runtime/sparse.py [--kernels neon]

First the rows of `packager.emit.c._costs.COSTS`: instructions for a quad of 16 outputs and one vector, by the
difference of two depths or shares of zeros, so that what does not depend on them falls out. Then whole layers of 64
outputs by 512 inputs, as a share of the dense layer's, of which 75, 50, 25 and 10 % of the weights stand: blocks of 16
outputs by 4 inputs skipped, weights anywhere packed; and of 16 values, as indices.

Counted are user-mode instructions under qemu-user with the plugin of `templates/qemu`, of code compiled with the
flags of a bundle. The kernels of Cortex-M run on an ARMv7-A, compiled by gcc; all others by zig. Needed: zig,
`arm-linux-gnueabi-gcc`, and qemu-user with plugins.
"""

import argparse
import dataclasses
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from arm import COUNT, HERE, RUNS, counted

from packager.config.samples import Samples
from packager.emit.c import emit_c
from packager.emit.c._costs import COSTS, FORMS, Target
from packager.ir import DType, Graph, GraphBuilder, Model, Node, QuantParams, Tensor
from packager.measure.cross import elf_sections
from packager.ops import Array

ZIG = (sys.executable, "-m", "ziglang", "cc", "-target")
CPUS = {
    "avx2": ("qemu-x86_64", (*ZIG, "x86_64-linux-musl", "-march=x86_64_v3", "-O3")),
    "wide": ("qemu-x86_64", (*ZIG, "x86_64-linux-musl", "-O3")),
    "neon": ("qemu-aarch64", (*ZIG, "aarch64-linux-musl", "-mcpu=cortex_a72", "-Os")),
    "dotprod": ("qemu-aarch64", (*ZIG, "aarch64-linux-musl", "-mcpu=cortex_a76", "-Os")),
    "dsp": ("qemu-arm", ("arm-linux-gnueabi-gcc", "-march=armv7-a", "-mthumb", "-mfloat-abi=soft", "-Os")),
    "portable": ("qemu-riscv64", (*ZIG, "riscv64-linux-musl", "-O3")),
}
_CPU = {"qemu-riscv64": "rv64"}
"""Of qemu-user 7.2, where it has no `max`."""
MANY = 96
"""Vectors, a multiple of what every kernel set takes at once."""
OUTPUTS, DEPTH = 64, 512
TILE, ANYWHERE = (16, 4), (1, 1)
SHARES = (0.75, 0.5, 0.25, 0.1)
"""Of the weights that stand."""
ENDS = (0.25, 0.75)
Key = tuple[int, int, float, tuple[int, int]]
"""Vectors, depth, share, and the block of outputs by inputs that is zero together."""


def weights(outputs: int, depth: int, share: float, block: tuple[int, int]) -> Array:
    """Random weights of which so many stand, in blocks of outputs by inputs; the number of blocks is exact."""
    rng = np.random.default_rng(0)
    stands = np.zeros((outputs // block[0], depth // block[1]), np.bool_)
    order = rng.permutation(stands.size)
    stands.reshape(-1)[order[: round(share * stands.size)]] = True
    found = rng.integers(1, 128, (outputs, depth)) * rng.choice([-1, 1], (outputs, depth))
    return (found * np.kron(stands, np.ones(block, np.int64))).astype(np.int8)


def layer(key: Key, form: str = "") -> Model:
    """One fully connected layer; of 16 values for the form of indices."""
    vectors, depth, share, block = key
    b = GraphBuilder()
    x = b.input("x", (vectors, depth), DType.INT8, QuantParams.per_tensor(0.05, -3))
    return b.model([_fully_connected(b, x, (vectors, OUTPUTS), of_form(weights(OUTPUTS, depth, share, block), form))])


def network(form: str) -> Model:
    """What convolutional networks have: windows over the border, pixels by themselves, and one vector at the end."""
    block = TILE if form == "skips" else ANYWHERE
    b = GraphBuilder()
    x = b.input("x", (1, 8, 8, 16), DType.INT8, QuantParams.per_tensor(0.05, -3))
    for name, kernel, depth in (("window", 3, 16), ("pixel", 1, OUTPUTS)):
        values = of_form(weights(OUTPUTS, kernel * kernel * depth, 0.5, block), form)
        x = b.op(
            "CONV_2D",
            [x, *_constants(b, values.reshape(OUTPUTS, kernel, kernel, depth), QuantParams.per_tensor(0.001))],
            (1, 8, 8, OUTPUTS),
            options="Conv2DOptions",
            name=name,
            dtype=DType.INT8,
            quant=QuantParams.per_tensor(0.05, -3),
            stride_h=1,
            stride_w=1,
        )
    rows = of_form(weights(OUTPUTS, 64 * OUTPUTS, 0.5, block), form)
    x = b.op("RESHAPE", [x], (1, 64 * OUTPUTS), dtype=DType.INT8, quant=QuantParams.per_tensor(0.05, -3))
    return b.model([_fully_connected(b, x, (1, OUTPUTS), rows)])


def of_form(values: Array, form: str) -> Array:
    return (np.rint(values / 18) * 18).astype(np.int8) if form == "indexes" else values


def _fully_connected(b: GraphBuilder, x: int, shape: tuple[int, int], values: Array) -> int:
    return b.op(
        "FULLY_CONNECTED",
        [x, *_constants(b, values, QuantParams.per_tensor(0.001))],
        shape,
        options="FullyConnectedOptions",
        dtype=DType.INT8,
        quant=QuantParams.per_tensor(0.06, 5),
    )


def _constants(b: GraphBuilder, values: Array, quant: QuantParams) -> tuple[int, int]:
    """Weights and a bias of zeros."""
    return b.const(values, "w", quant), b.const(np.zeros(OUTPUTS, np.int32), "b", QuantParams.per_tensor(0.00005))


def together(models: Iterable[Model]) -> Model:
    """All of them side by side in one."""
    tensors: list[Tensor] = []
    nodes: list[Node] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for model in models:
        graph, start = model.main, len(tensors)
        tensors += graph.tensors
        nodes += [
            dataclasses.replace(
                n, inputs=tuple(t + start for t in n.inputs), outputs=tuple(t + start for t in n.outputs)
            )
            for n in graph.nodes
        ]
        inputs += [t + start for t in graph.inputs]
        outputs += [t + start for t in graph.outputs]
    return Model(
        graphs=(Graph(tensors=tuple(tensors), nodes=tuple(nodes), inputs=tuple(inputs), outputs=tuple(outputs)),)
    )


class Counter:
    """All layers in one program, which runs one of them as often as it is told."""

    def __init__(self, kernels: str, form: str, layers: Mapping[Key, Model], folder: Path, plugin: Path) -> None:
        source = folder / f"{kernels}-{form}"
        written(source, together(layers.values()), form)
        qemu, command = CPUS[kernels]
        program = source / "layers"
        flags = ["-std=c99", "-DEDGEPACK_INCBIN=1", "-DEDGEPACK_FREESTANDING", f"-I{source}"]
        objects = []
        for unit in (HERE / "layers.c", *(source / f"{name}.c" for name in ("model", "model_weights", "support"))):
            objects.append(str(source / f"{unit.stem}.o"))
            bare = [] if unit.stem == "model" else ["-fno-builtin"]
            subprocess.run([*command, *flags, *bare, "-c", str(unit), "-o", objects[-1]], check=True)
        link = ["-nostdlib", "-static", *(["-lgcc"] if "gcc" in command[0] else [])]
        subprocess.run([*command, *objects, *link, "-o", str(program)], check=True)
        self.run = [qemu, plugin, program]
        self.indices = {key: i for i, key in enumerate(layers)}

    def __call__(self, key: Key) -> float:
        """Instructions of a layer."""
        qemu, plugin, program = self.run
        one, more = (
            counted(
                str(qemu), Path(plugin), [str(program), *map(str, (self.indices[key], n))], _CPU.get(str(qemu), "max")
            )
            for n in (1, 1 + RUNS)
        )
        return (more - one) / RUNS


def costs(kernels: str, count: Mapping[str, Counter], folder: Path) -> str:
    """A row of `COSTS`."""
    found = {}
    for name, vectors in (("many", MANY), ("one", 1)):
        quads = OUTPUTS / 16 * DEPTH / 4 * vectors
        dense = [count["dense"]((vectors, depth, 1.0, TILE)) for depth in (DEPTH // 4, DEPTH)]
        skips = [count["skips"]((vectors, DEPTH, share, TILE)) for share in ENDS]
        found[name] = (dense[1] - dense[0]) / (0.75 * quads)
        found[f"skipping_{name}"] = (skips[1] - skips[0]) / (0.5 * quads)
    indexes = count["indexes"]((1, DEPTH, 1.0, TILE))
    found["unindexing_quad"] = (indexes - dense[1]) / (OUTPUTS * DEPTH / 64)
    packs = [count["packs"]((1, DEPTH, share, ANYWHERE)) for share in ENDS]
    weight = (packs[1] - packs[0]) / (0.5 * OUTPUTS * DEPTH)
    rest = packs[0] - dense[1] - ENDS[0] * OUTPUTS * DEPTH * weight
    found["unpacking_quad"], found["unpacking_weight"] = rest / (OUTPUTS * DEPTH / 64), weight
    sizes = {form: code(kernels, form, folder) for form in FORMS}
    costs = ", ".join(f"{name}={value:.1f}" for name, value in found.items())
    more = f"skipping_code={sizes['skips'] - sizes['dense']}, unpacking_code={sizes['packs'] - sizes['dense']}"
    more += f", unindexing_code={sizes['indexes'] - sizes['dense']}"
    return f'    "{kernels}": Costs({costs}, {more}),'


def code(kernels: str, form: str, folder: Path) -> int:
    """Bytes of the code of a small network."""
    source = folder / f"{kernels}-{form}-alone"
    written(source, network(form), form)
    target = source / "model.o"
    command = [*CPUS[kernels][1], "-std=c99", "-ffunction-sections", f"-I{source}", "-c", str(source / "model.c")]
    subprocess.run([*command, "-o", str(target)], check=True)
    return elf_sections(target.read_bytes(), target.name).flash


def written(source: Path, model: Model, form: str) -> None:
    target = Target(kernels=next(iter(COSTS)), forms=(form,))
    for entry in emit_c(model, "xnnpack", Samples(arrays={}), name="test", root=".", target=target):
        path = source / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(entry.content)


def table(kernels: str, count: Mapping[str, Counter]) -> Iterator[str]:
    """Whole layers, instructions as a share of the dense layer's."""
    for vectors in (MANY, 1):
        dense = count["dense"]((vectors, DEPTH, 1.0, TILE))
        for form, block in (("skips", TILE), ("packs", ANYWHERE)):
            found = [count[form]((vectors, DEPTH, share, block)) / dense for share in SHARES]
            yield f"| {kernels} | {vectors} | `{form}` | {' | '.join(f'{ratio:.2f}' for ratio in found)} |"
        ratio = count["indexes"]((vectors, DEPTH, 1.0, TILE)) / dense
        yield f"| {kernels} | {vectors} | `indexes` | {ratio:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", action="append", choices=sorted(CPUS))
    asked = parser.parse_args()
    shapes = {
        "dense": [(vectors, depth, 1.0, TILE) for vectors in (MANY, 1) for depth in (DEPTH // 4, DEPTH)],
        "skips": [(vectors, DEPTH, share, TILE) for vectors in (MANY, 1) for share in SHARES],
        "packs": [(vectors, DEPTH, share, ANYWHERE) for vectors in (MANY, 1) for share in SHARES],
        "indexes": [(vectors, DEPTH, 1.0, TILE) for vectors in (MANY, 1)],
    }
    with tempfile.TemporaryDirectory(prefix="edgepack-sparse-") as name:
        folder = Path(name)
        plugin = folder / "count.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", str(COUNT), "-o", str(plugin)], check=True)
        for kernels in asked.kernels or CPUS:
            count = {
                form: Counter(kernels, form, {key: layer(key, form) for key in keys}, folder, plugin)
                for form, keys in shapes.items()
            }
            print(costs(kernels, count, folder))
            print("\n".join(table(kernels, count)), flush=True)


if __name__ == "__main__":
    main()
