"""Instructions of operators with 8 and with 16 bit activations, by which `packager.plan.kernel_work` tells them apart.

    python benchmarks/runtime/widths.py --data FOLDER [--kernels neon] [--check]

`--data` holds the float models of MLPerf Tiny. Each is quantized in both widths, on random inputs, and every operator
of it runs alone, as C compiled with the flags of a bundle, under qemu-user with the plugin of `templates/qemu`; so do
some operators that the models lack. What is printed are the rows of `packager.plan.kernel_work.WORK`: by kind of
operator, instructions a multiply-accumulate, a run over the input channels, a value (of the result; of what is read too
where nothing is multiplied) and an operator, fitted by least squares of the relative error, none negative. `--check`
counts instead whole models whose heaviest operators have 16 bits, and holds the estimate against them. Arithmetic is
`xnnpack`, for Cortex-M `integer`. Counts are of
user-mode instructions, and are no times. Needed: what `sparse.py` needs, and scipy.
"""

import argparse
import dataclasses
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from arm import COUNT, HERE, RUNS, counted
from scipy.optimize import nnls
from sparse import _CPU, CPUS

from packager.config.recipe import Recipe, Rule
from packager.config.samples import Samples
from packager.emit.c import emit_c, unsupported
from packager.emit.c._costs import Target
from packager.frontends import read_model
from packager.ir import DType, GraphBuilder, Model, QuantParams
from packager.passes import normalise
from packager.plan.kernel_work import Sizes, Work, instructions, kind_of, sizes_of, width_of
from packager.quantize import quantize_model

MODELS = {
    "keyword spotting": "kws_ref_model",
    "image classification": "pretrainedResnet.tflite",
    "visual wake words": "vww_96_float.tflite",
    "anomaly detection": "ad01_fp32.tflite",
    "streaming wake word": "str_ww_ref_model.h5",
}
ARITHMETIC = {"dsp": "integer"}
"""Of a kernel set's profiles, where it is not ``xnnpack``: a Cortex-M would compute its floats by a library."""
WIDTHS = {
    8: Recipe(name="int8", description=""),
    16: Recipe(name="int16x8", description="", scheme="int16x8", inputs="int16", outputs="int16"),
}


def others() -> Iterator[Model]:
    """Operators that the models lack, of two sizes, and dense layers of a pointwise convolution's size."""
    for side, depth in ((8, 16), (16, 24)):
        b = GraphBuilder()
        shape, half = (1, side, side, depth), (1, side // 2, side // 2, depth)
        x, y = b.input("x", shape), b.input("y", shape)
        pool = {"options": "Pool2DOptions", "stride_h": 2, "stride_w": 2, "filter_height": 2, "filter_width": 2}
        mean = {"options": "ReducerOptions", "keep_dims": False}
        pads = b.const(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
        wide = (1, side, side, 2 * depth)
        found = [
            b.op("MAX_POOL_2D", [x], half, padding=1, **pool),
            b.op("AVERAGE_POOL_2D", [x], half, padding=1, **pool),
            b.op("ADD", [x, y], shape, options="AddOptions"),
            b.op("MUL", [x, y], shape, options="MulOptions"),
            b.op("SUB", [x, y], shape, options="SubOptions"),
            b.op("CONCATENATION", [x, y], wide, options="ConcatenationOptions", axis=3),
            b.op("PAD", [x, pads], (1, side + 2, side + 2, depth), options="PadOptions"),
            b.op("MEAN", [x, b.const(np.array([1, 2], np.int32))], (1, depth), **mean),
            b.op("LOGISTIC", [x], shape),
            b.op("TANH", [x], shape),
            b.op("RELU", [x], shape),
            b.op("LEAKY_RELU", [x], shape, options="LeakyReluOptions", alpha=0.1),
            b.op("SOFTMAX", [x], shape, options="SoftmaxOptions", beta=1.0),
        ]
        yield b.model(found)


def conversions() -> Model:
    """From 8 bits to 16 and back, of two sizes."""
    b = GraphBuilder()
    found = []
    for size in (64, 4096):
        narrow = {"dtype": DType.INT8, "quant": QuantParams.per_tensor(0.05, -3)}
        x = b.input(f"x{size}", (1, size), DType.INT8, QuantParams.per_tensor(0.05, -3))
        wide = b.op("QUANTIZE", [x], (1, size), dtype=DType.INT16, quant=QuantParams.per_tensor(0.0002))
        found.append(b.op("QUANTIZE", [wide], (1, size), **narrow))
    return b.model(found)


def samples_of(model: Model) -> Samples:
    rng = np.random.default_rng(0)
    dims = (tuple(abs(d) for d in t.dims[1:]) for t in model.input_types())
    arrays = {n: rng.normal(0, 1, (8, *d)).astype(np.float32) for n, d in zip(model.input_names(), dims, strict=True)}
    return Samples(arrays=arrays, source="random")


class Program:
    """A model as C, which runs one of its operators, or all of them, as often as it is told."""

    def __init__(self, kernels: str, model: Model, folder: Path, plugin: Path) -> None:
        self.qemu, command = CPUS[kernels]
        self.plugin, self.program, self.count = plugin, folder / "layers", len(model.main.nodes)
        folder.mkdir(parents=True)
        target = Target(kernels=kernels, forms=("dense",), doubles=kernels != "dsp")
        arithmetic = ARITHMETIC.get(kernels, "xnnpack")
        for entry in emit_c(model, arithmetic, Samples(arrays={}), name="test", root=".", target=target):
            path = folder / entry.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(entry.content)
        flags = ["-std=c99", "-DEDGEPACK_INCBIN=1", "-DEDGEPACK_FREESTANDING", f"-I{folder}"]
        objects = []
        for unit in (HERE / "layers.c", *(folder / f"{name}.c" for name in ("model", "model_weights", "support"))):
            objects.append(str(folder / f"{unit.stem}.o"))
            bare = [] if unit.stem == "model" else ["-fno-builtin"]
            subprocess.run([*command, *flags, *bare, "-c", str(unit), "-o", objects[-1]], check=True)
        link = ["-nostdlib", "-static", *(["-lgcc", "-Wl,--defsym=raise=0"] if "gcc" in command[0] else [])]
        subprocess.run([*command, *objects, *link, "-o", str(self.program)], check=True)

    def instructions(self, index: int) -> float:
        one, more = (
            counted(self.qemu, self.plugin, [str(self.program), str(index), str(n)], _CPU.get(self.qemu, "max"))
            for n in (1, 1 + RUNS)
        )
        return (more - one) / RUNS


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    kind: str
    sizes: Sizes
    instructions: float


def integers(floats: Sequence[Model]) -> Iterator[Model]:
    yield conversions()
    for model in floats:
        for recipe in WIDTHS.values():
            yield quantize_model(model, recipe, samples_of(model)).model


def rows(kernels: str, models: Sequence[Model], folder: Path, plugin: Path) -> Iterator[tuple[int, Row]]:
    for number, model in enumerate(models):
        if found := unsupported(model, ARITHMETIC.get(kernels, "xnnpack")):
            raise SystemExit(f"{number}: {found[0].where}: {found[0].message}")
        program = Program(kernels, model, folder / str(number), plugin)
        for i in range(len(model.main.nodes)):
            row = Row(kind=kind_of(model.main, i), sizes=sizes_of(model.main, i), instructions=program.instructions(i))
            yield width_of(model.main, i), row


def fitted(some: Sequence[Row]) -> tuple[Work, float]:
    """What such an operator takes, and the worst relative error. An operator that takes nothing lies in place."""
    some = [r for r in some if r.instructions > 0]
    if not some:
        return Work(0, 0, 0, 0), 0.0
    a = np.array([[*r.sizes, 1] for r in some], float) / np.array([[r.instructions] for r in some])
    found, _ = nnls(a, np.ones(len(some)))
    return Work(*map(float, found)), float(np.abs(a @ found - 1).max())


def mixed(model: Model, share: float) -> Model:
    """The model with 16 bits in the operators of most multiply-accumulates, so many of them."""
    names = [model.main.node_name(i) for i in range(len(model.main.nodes))]
    order = sorted(range(len(names)), key=lambda i: -sizes_of(model.main, i)[0])[: round(share * len(names))]
    rules = tuple(Rule(name=f"^{names[i]}$".replace("/", r"\/"), scheme="int16x8") for i in order)
    return quantize_model(model, dataclasses.replace(WIDTHS[8], rules=rules), samples_of(model)).model


def check(kernels: str, floats: Sequence[Model], folder: Path, plugin: Path) -> Iterator[str]:
    for number, (name, model) in enumerate(zip(MODELS, floats, strict=False)):
        made = {share: mixed(model, share) if share else None for share in (0.0, 0.25, 0.5)}
        made[0.0] = quantize_model(model, WIDTHS[8], samples_of(model)).model
        found = []
        for share, each in made.items():
            assert each is not None
            program = Program(kernels, each, folder / f"check-{number}-{share}", plugin)
            true = sum(program.instructions(i) for i in range(len(each.main.nodes)))
            found.append((true, sum(instructions(each.main, i, kernels) or 0 for i in range(len(each.main.nodes)))))
        (true0, said0), *rest = found
        ratios = " | ".join(f"{true / true0:.2f} | {said / said0:.2f}" for true, said in rest)
        yield f"| {kernels} | {name} | {true0:,.0f} | {said0:,.0f} | {ratios} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--kernels", action="append", choices=sorted(CPUS))
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args()
    floats = [normalise(read_model(asked.data / name).model) for name in MODELS.values()]
    models = [] if asked.check else list(integers([*floats, *others()]))
    with tempfile.TemporaryDirectory(prefix="edgepack-widths-") as name:
        folder = Path(name)
        plugin = folder / "count.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", str(COUNT), "-o", str(plugin)], check=True)
        for kernels in asked.kernels or CPUS:
            if asked.check:
                print("\n".join(check(kernels, floats, folder / kernels, plugin)), flush=True)
                continue
            kinds: dict[tuple[str, int], list[Row]] = defaultdict(list)
            for width, row in rows(kernels, models, folder / kernels, plugin):
                kinds[row.kind, width].append(row)
            print(f'    "{kernels}": {{')
            for (kind, width), some in sorted(kinds.items()):
                work, worst = fitted(some)
                print(f'        ("{kind}", {width}): Work({", ".join(f"{x:.3g}" for x in work)}),  # {worst:.0%}')
            print("    },", flush=True)


if __name__ == "__main__":
    main()
