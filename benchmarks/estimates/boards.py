"""Which published latencies stand for which board, and what network each of them ran."""

import dataclasses
import re
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, kw_only=True)
class Source:
    """Rows of `latency_anchors.json`, chosen by what their fields begin with."""

    device: str
    runtime: str
    precision: str
    own: bool
    """Whether it is the runtime that the estimate is for; another's rows give the shape, a common factor the level."""
    threads: int | None = None
    clock: float = 1.0
    """Of the source's board over the profile's: a latency is multiplied by it."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Board:
    profile: str
    runtime: str
    sources: tuple[Source, ...]
    prior: Mapping[str, float]
    """What a unit of each term costs relative to the others, before any row is seen; few rows move it little."""
    prior_weight: float = 0.05
    """In rows."""
    shape_of: str = ""
    """A board fitted before, with the same instruction set, whose coefficients are the prior in place of `prior`."""
    like: str = ""
    """A board whose coefficients are scaled where this one has too few rows."""
    ratio: float = 1.0
    """Speed of this board over `like`, where no row tells."""
    why: str = ""


def _ncnn(device: str) -> Source:
    return Source(device=device, runtime="ncnn benchncnn", precision="int8", threads=4, own=False)


# Milliseconds a GMAC, a giga-element, an operator, an MB, a MiB, a KiB; only their ratios matter. Depthwise
# convolutions reuse an input value nine times, not hundreds of times, what is charged by the element not at all; MB and
# MiB are at the rates that the boards' sources measured.
SLOW_CPU = {"conv": 50, "pointwise": 50, "dense": 50, "depthwise": 200, "elementwise": 600, "moved": 0.4, "ops": 0.02}
FAST_CPU = {"conv": 5, "pointwise": 5, "dense": 5, "depthwise": 40, "elementwise": 100, "moved": 0.17, "ops": 0.01}
_TPU = {"conv": 1.3, "pointwise": 1.3, "dense": 1.3, "depthwise": 10, "elementwise": 50}
TPU_FAST_LINK = _TPU | {"fixed": 0.12, "moved": 0.03, "streamed": 2.8, "output": 0.01}
TPU_SLOW_LINK = {k: 2 * v for k, v in _TPU.items()} | {"fixed": 8, "moved": 0.06, "streamed": 33, "output": 0.1}
GPU_COSTS = {"ops": 0.03, "conv": 0.2, "pointwise": 0.2, "dense": 0.2, "depthwise": 2, "elementwise": 30}
XNNPACK = "LiteRT (XNNPACK), int8, 4 threads"

BOARDS = (
    Board(
        profile="raspberrypi-4",
        runtime=XNNPACK,
        prior=SLOW_CPU,
        prior_weight=0.2,
        sources=(
            Source(device="Raspberry Pi 4 (BCM2711 A72, ARM64", runtime="XNNPACK", precision="int8", own=True),
            Source(device="Raspberry Pi 4 @1950", runtime="TFLite C++", precision="uint8", own=True, clock=1.95 / 1.8),
            _ncnn("Raspberry Pi 4B"),
        ),
    ),
    Board(
        profile="raspberrypi-5",
        runtime=XNNPACK,
        prior=FAST_CPU,
        prior_weight=0.2,
        sources=(
            Source(device="Raspberry Pi 5 (4x", runtime="ExecuTorch XNNPACK", precision="int8", own=True),
            _ncnn("Raspberry Pi 5"),
        ),
    ),
    Board(
        profile="raspberrypi-3b-plus",
        runtime=XNNPACK,
        shape_of="raspberrypi-4",
        prior=SLOW_CPU,
        prior_weight=1.0,
        sources=(
            Source(device="Raspberry Pi 3B+ (BCM2837B0", runtime="XNNPACK", precision="int8", own=True),
            _ncnn("Raspberry Pi 3B+"),
        ),
    ),
    Board(
        profile="raspberrypi-zero-2w",
        runtime=XNNPACK,
        shape_of="raspberrypi-4",
        prior=SLOW_CPU,
        prior_weight=1.0,
        sources=(_ncnn("Raspberry Pi Zero 2 W"),),
        like="raspberrypi-3b-plus",
        why="XNNPACK over ncnn as on the 3B+, which has the same core",
    ),
    Board(
        profile="coral-usb",
        runtime="libedgetpu (host: a PC with USB 3)",
        prior=TPU_FAST_LINK,
        sources=(
            Source(device="Desktop CPU + Coral USB", runtime="Edge TPU (C++)", precision="uint8", own=True),
            Source(device="Xeon E5-1650 v3 3.5GHz + Coral", runtime="Edge TPU", precision="uint8", own=True),
            Source(device="PC + Edge TPU", runtime="Edge TPU", precision="int8", own=True),
        ),
    ),
    Board(
        profile="coral-dev-board",
        runtime="libedgetpu (PCIe)",
        prior=TPU_FAST_LINK,
        sources=(
            Source(device="Coral Dev Board (A53", runtime="Edge TPU (C++)", precision="uint8", own=True),
            Source(device="Coral Dev Board (PCIe", runtime="Edge TPU", precision="uint8", own=True),
            Source(device="Coral Dev Board (Edge TPU over", runtime="Edge TPU", precision="uint8", own=True),
        ),
    ),
    Board(
        profile="coral-dev-board-mini",
        runtime="libedgetpu (USB 2)",
        prior=TPU_SLOW_LINK,
        sources=(
            Source(device="Coral Dev Board Mini", runtime="Edge TPU", precision="uint8", own=True),
            Source(device="Raspberry Pi 3B", runtime="Edge TPU (BasicEngine", precision="uint8", own=False),
        ),
    ),
    Board(
        profile="jetson-nano",
        runtime="TensorRT, fp16",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(Source(device="Jetson Nano", runtime="TensorRT (torch2trt)", precision="fp16", own=True),),
    ),
    Board(
        profile="jetson-tx2",
        runtime="TensorRT, fp16",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(Source(device="Jetson TX2", runtime="TensorRT 5-7", precision="fp16", own=True),),
    ),
    Board(
        profile="jetson-xavier-nx",
        runtime="TensorRT, int8",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(Source(device="Jetson Xavier NX", runtime="TensorRT 5-7", precision="int8", own=True),),
    ),
    Board(
        profile="jetson-agx-xavier",
        runtime="TensorRT, int8",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(
            Source(device="Jetson AGX Xavier", runtime="TensorRT 5-7", precision="int8", own=True),
            Source(device="Jetson AGX Xavier", runtime="TensorRT (torch2trt)", precision="int8", own=True),
        ),
    ),
    Board(
        profile="jetson-orin-nano",
        runtime="TensorRT, int8",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(Source(device="Jetson Orin Nano Super", runtime="TensorRT", precision="int8", own=True),),
    ),
    Board(
        profile="jetson-orin-nx",
        runtime="TensorRT, int8",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(Source(device="Jetson Orin NX 16GB", runtime="TensorRT", precision="int8", own=True),),
    ),
    Board(
        profile="jetson-agx-orin",
        runtime="TensorRT, int8",
        prior=GPU_COSTS,
        prior_weight=0.001,
        sources=(),
        like="jetson-orin-nx",
        ratio=85.2 / 30.1,
        why="no row; scaled by dense int8 operations a second, 85.2 over 30.1 TOPS",
    ),
)

NETWORKS = {
    r"^(ncnn )?mobilenet$|mobilenet v1 (lite|\(224)|mobilenet_v1_1\.0": "mobilenet_v1",
    r"mobilenet[ _]?v2 (1\.0x|lite)|mobilenet_v2_1\.0": "mobilenet_v2",
    r"inception[ _]v1": "inception_v1",
    r"inception[ _]v4": "inception_v4",
    r"inception[ _]v2": "inception_v2",
    r"^resnet18 @256": "resnet18_256",
    r"^(ncnn )?resnet18": "resnet18",
    r"^resnet34": "resnet34",
    r"^wide resnet-50": "wide_resnet50",
    r"^resnet-50 v2 \(299": "resnet50_v2_299",
    r"^resnet-152 v2 \(299": "resnet152_v2_299",
    r"^(ncnn )?resnet-?50": "resnet50",
    r"^densenet169": "densenet169",
    r"^densenet201": "densenet201",
    r"^densenet121|^densenet \(224": "densenet121",
    r"squeezenet1_0": "squeezenet1_0",
    r"squeezenet": "squeezenet1_1",
    r"vgg16 \(|vgg16 224": "vgg16",
    r"vgg19": "vgg19",
    r"^5x conv3x3 64x64x3 in, (\d+)": r"conv3_\1",
    r"^mlp 64-(\d+)x4": r"mlp_\1",
    r"yolo11([nmx]) 640": r"yolo11\1",
    r"yolov4 (\d+)$": r"yolov4_\1",
}
"""What a row calls its network, to a key of `models.json` or of `fit.py`; the first that matches holds.

Left out are networks whose graph is not public or not all on the device, ncnn's VGG (Winograd transforms skip
multiplications), the Edge TPU's benchmarks that end on the CPU, and Inception-ResNet V2 there, whose 55.8 M parameters
would have to arrive at twice the rate that every other large network shows.
"""


def network_of(name: str) -> str | None:
    """Return the network's key for a row's name."""
    for pattern, key in NETWORKS.items():
        if found := re.search(pattern, name.lower()):
            return found.expand(key)
    return None
