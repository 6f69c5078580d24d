"""Small int8 models for the HLS tests, their projects on disk, and what LiteRT's reference kernels make of them."""

import dataclasses
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from packager.config.profile import FpgaPart
from packager.emit.hls import design_for, project, unsupported
from packager.interp.litert import run_litert
from packager.ir import Activation, DType, GraphBuilder, Model, Padding, QuantParams, write_tflite
from packager.measure.hls import csim
from packager.plan.folding import Fold

Ints = npt.NDArray[Any]

PART = FpgaPart(part="xc7z020clg400-1", clock_mhz=100, lut=53200, ff=106400, dsp=220, bram36=140, dsp_type="DSP48E1")
UNOPTIMIZED = ("-std=c++14", "-O0", "-Wall", "-Wextra", "-Werror")
"""Tests compile more than they compute."""


def q(scale: float, zero_point: int = 0) -> QuantParams:
    return QuantParams.per_tensor(scale, zero_point)


@dataclasses.dataclass
class Net:
    """A graph under construction; every method that adds an operator returns its output."""

    seed: int = 0
    builder: GraphBuilder = dataclasses.field(default_factory=GraphBuilder)
    folds: dict[int, Fold] = dataclasses.field(default_factory=dict)
    pruned: tuple[Any, ...] = ()
    """Places in the next weights that are 0."""

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(self.seed)

    def input(self, shape: tuple[int, ...], quant: QuantParams) -> int:
        return self.builder.input(f"x{len(self.builder.inputs)}", (1, *shape), DType.INT8, quant)

    def dims(self, tensor: int) -> tuple[int, ...]:
        return self.builder.tensors[tensor].type.dims

    def scale(self, tensor: int) -> float:
        return self.builder.tensors[tensor].type.scale

    def op(self, name: str, inputs: list[int], shape: tuple[int, ...], quant: QuantParams, **options: Any) -> int:
        table = options.pop("options", "")
        version = options.pop("version", 2)
        return self.builder.op(
            name, inputs, shape, options=table, dtype=DType.INT8, quant=quant, version=version, **options
        )

    def fold(self, simd: int = 1, pe: int = 1, *, fabric: bool = False) -> None:
        """Fold the operator added last."""
        self.folds[len(self.builder.nodes) - 1] = Fold(simd=simd, pe=pe, fabric=fabric)

    def weights(self, shape: tuple[int, ...], axis: int, *, per_channel: bool = True) -> tuple[int, QuantParams]:
        channels = shape[axis] if per_channel else 1
        scales = self.random.uniform(0.002, 0.02, channels).astype(np.float32)
        quant = QuantParams(scale=tuple(float(s) for s in scales), zero_point=(0,) * channels, axis=axis)
        data = self.random.integers(-127, 128, shape).astype(np.int8)
        for place in self.pruned:
            data[place] = 0
        self.pruned = ()
        return self.builder.const(data, quant=quant), quant

    def bias(self, x: int, weights: QuantParams, channels: int, spread: int = 3000) -> int:
        scales = tuple(float(np.float32(self.scale(x)) * np.float32(s)) for s in weights.scale)
        quant = QuantParams(scale=scales, zero_point=(0,) * len(scales), axis=0)
        data = self.random.integers(-spread, spread + 1, channels).astype(np.int32)
        return self.builder.const(data, quant=quant)

    def conv(
        self,
        x: int,
        channels: int,
        kernel: tuple[int, int],
        stride: tuple[int, int] = (1, 1),
        padding: Padding = Padding.SAME,
        dilation: tuple[int, int] = (1, 1),
        activation: Activation = Activation.NONE,
        out: QuantParams | None = None,
        *,
        per_channel: bool = True,
        bias: bool = True,
        depthwise: bool = False,
    ) -> int:
        depth = self.dims(x)[3]
        shape = (1, *kernel, channels) if depthwise else (channels, *kernel, depth)
        w, quant = self.weights(shape, 3 if depthwise else 0, per_channel=per_channel)
        inputs = [x, w, self.bias(x, quant, channels)] if bias else [x, w]
        options: dict[str, Any] = {"options": "Conv2DOptions"}
        if depthwise:
            options = {"options": "DepthwiseConv2DOptions", "depth_multiplier": channels // depth}
        height, width = (
            steps(*place) for place in zip(self.dims(x)[1:3], kernel, stride, dilation, [padding] * 2, strict=True)
        )
        return self.op(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            inputs,
            (1, height, width, channels),
            out or q(0.3, -11),
            padding=padding,
            stride_h=stride[0],
            stride_w=stride[1],
            dilation_h_factor=dilation[0],
            dilation_w_factor=dilation[1],
            fused_activation_function=activation,
            version=3,
            **options,
        )

    def dense(
        self,
        x: int,
        channels: int,
        activation: Activation = Activation.NONE,
        out: QuantParams | None = None,
        *,
        per_channel: bool = False,
        bias: bool = True,
    ) -> int:
        depth = self.dims(x)[-1]
        w, quant = self.weights((channels, depth), 0, per_channel=per_channel)
        inputs = [x, w, self.bias(x, quant, channels)] if bias else [x, w]
        return self.op(
            "FULLY_CONNECTED",
            inputs,
            (*self.dims(x)[:-1], channels),
            out or q(0.25, 5),
            options="FullyConnectedOptions",
            fused_activation_function=activation,
            keep_num_dims=len(self.dims(x)) > 2,
            version=5,
        )

    def pool(
        self,
        op: str,
        x: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: Padding,
        activation: Activation = Activation.NONE,
    ) -> int:
        spatial = zip(self.dims(x)[1:3], kernel, stride, (1, 1), [padding] * 2, strict=True)
        height, width = (steps(*place) for place in spatial)
        quant = self.builder.tensors[x].type.quant
        assert quant is not None
        return self.op(
            op,
            [x],
            (1, height, width, self.dims(x)[3]),
            quant,
            options="Pool2DOptions",
            filter_height=kernel[0],
            filter_width=kernel[1],
            stride_h=stride[0],
            stride_w=stride[1],
            padding=padding,
            fused_activation_function=activation,
        )

    def add(self, a: int, b: int, out: QuantParams, activation: Activation = Activation.NONE) -> int:
        return self.op("ADD", [a, b], self.dims(a), out, options="AddOptions", fused_activation_function=activation)

    def softmax(self, x: int, beta: float = 1.0) -> int:
        return self.op("SOFTMAX", [x], self.dims(x), q(1 / 256, -128), options="SoftmaxOptions", beta=beta)

    def reshape(self, x: int, shape: tuple[int, ...]) -> int:
        quant = self.builder.tensors[x].type.quant
        assert quant is not None
        return self.op("RESHAPE", [x, self.builder.const(np.asarray(shape, np.int32))], shape, quant, version=1)

    def model(self, *outputs: int) -> Model:
        return self.builder.model(list(outputs))


def steps(length: int, kernel: int, stride: int, dilation: int, padding: Padding) -> int:
    reach = (kernel - 1) * dilation + 1
    return -(-length // stride) if padding is Padding.SAME else (length - reach) // stride + 1


def frames(model: Model, count: int, seed: int = 1) -> tuple[Ints, ...]:
    """Random inputs of 8 bits; the last two frames are all least and all greatest."""
    random = np.random.default_rng(seed)
    made = []
    for type_ in model.input_types():
        array = random.integers(-128, 128, (count, *type_.dims[1:])).astype(np.int8)
        array[-2:] = np.asarray([-128, 127], np.int8).reshape(2, *[1] * (array.ndim - 1))
        made.append(array.view(np.dtype(type_.dtype.value)))
    return tuple(made)


def reference_outputs(model: Model, inputs: Sequence[Ints]) -> tuple[Ints, ...]:
    return run_litert(write_tflite(model), inputs, resolver="reference")


@dataclasses.dataclass(frozen=True)
class Built:
    """Layers, each between an input and an output of its own, all in one design for one compilation."""

    bundle: Path
    interval: int
    pairs: Mapping[str, tuple[Ints, Ints]]
    """By layer: what LiteRT and the C simulation make of it."""


def build_layers(layers: Mapping[str, Callable[[Net], int]], count: int, seed: int, folder: Path) -> Built:
    net = Net(seed=seed)
    outputs = {name: build(net) for name, build in layers.items()}
    model = net.model(*outputs.values())
    assert not unsupported(model)
    inputs = frames(model, count)
    wanted = reference_outputs(model, inputs)
    bundle = write_bundle(model, inputs, wanted, folder, net.folds)
    found = csim(bundle, inputs, flags=UNOPTIMIZED)
    return Built(
        bundle=bundle,
        interval=design_for(model, PART, folds=net.folds).interval,
        pairs=dict(zip(outputs, zip(wanted, found, strict=True), strict=True)),
    )


def exact_width(project: Path, folder: Path) -> str:
    """What a project prints with AMD's open `ap_int.h`, whose integers wrap at their exact width; skips without it."""
    types = os.environ.get("EDGEPACK_AP_TYPES", "")
    if not Path(types, "ap_int.h").is_file():
        pytest.skip("AMD's ap_int.h is not here; set EDGEPACK_AP_TYPES to its folder")
    (folder / "hls_stream.h").write_text(
        "#include <deque>\nnamespace hls { template <typename T> class stream { std::deque<T> q; public:\n"
        'explicit stream(const char * = "") {} bool empty() const { return q.empty(); }\n'
        "void write(const T &v) { q.push_back(v); } T read() { T v = q.front(); q.pop_front(); return v; } }; }\n",
        encoding="utf-8",
    )
    (folder / "ap_axi_sdata.h").write_text(
        "#include <ap_int.h>\ntemplate <int D, int U, int I, int T> struct ap_axiu {\n"
        "ap_uint<D> data; ap_uint<D / 8> keep, strb; ap_uint<1> last; };\n",
        encoding="utf-8",
    )
    program = folder / "exact"
    sources = [str(project / name) for name in ("src/top.cpp", "testbench/testbench.cpp")]
    include = [f"-I{folder}", f"-I{project / 'include'}", f"-I{project / 'src'}", f"-isystem{types}"]
    command = ["g++", "-std=c++14", "-O1", "-w", "-DEP_VENDOR", *include, *sources, "-o", str(program)]
    made = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    assert made.returncode == 0, made.stderr[-2000:]
    return subprocess.run(
        [str(program), str(project / "golden")], capture_output=True, check=False, encoding="utf-8"
    ).stdout


def write_bundle(
    model: Model,
    inputs: Sequence[Ints],
    outputs: Sequence[Ints],
    folder: Path,
    folds: Mapping[int, Fold] | None = None,
    part: FpgaPart = PART,
    arithmetic: str = "integer",
) -> Path:
    """Lay out a bundle with nothing but the project and the model, and return its folder."""
    design = design_for(model, part, folds=folds, arithmetic=arithmetic)
    files = {e.path: e.content for e in project(design, inputs, outputs, name="test")}
    files["model/model.tflite"] = write_tflite(model)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder
