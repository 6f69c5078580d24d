"""A target profile: what one device is and can do, read from `targets/<name>.toml`."""

import dataclasses
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from packager.config._table import from_table, parse_toml
from packager.data import data_dir
from packager.errors import ConfigError, did_you_mean


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cpu:
    core: str
    """``Cortex-A72``; for a coral or fpga board the host's core."""
    cores: int
    clock_ghz: float
    machine: str
    """As `uname -m` prints it: ``aarch64``, ``armv7l``, ``x86_64``."""
    features: tuple[str, ...] = ()
    """Instruction set extensions that change kernels: ``neon``, ``dotprod``, ``fp16``, ``avx2``."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Memory:
    ram_bytes: int
    bandwidth_gbs: float | None = None
    """Measured copy bandwidth where a source has one, else the bus's theoretical rate."""
    flash_bytes: int | None = None
    """Where code and constants lie, of a board that has no file system."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class EdgeTpu:
    link: str
    """``usb3``, ``usb2`` or ``pcie``."""
    stream_mib_per_ms: float
    """Rate at which parameters that don't fit on the chip reach it."""
    overhead_ms: float
    """Of one inference, whatever the model."""
    output_ms_per_kib: float = 0.0
    """What the host spends on fetching a kibibyte of output."""
    sram_bytes: int = 8 * 1024 * 1024
    compiler: str = "16.0"
    min_runtime: int = 14


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class TensorRt:
    version: str
    """Of the newest JetPack for the board: ``8.2.1``."""
    max_opset: int
    """That the ONNX parser of this TensorRT takes."""
    compute_capability: str
    int8: bool
    fp16: bool = True
    dla_cores: int = 0
    sparse_2_4: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class FpgaPart:
    part: str
    """As the vendor writes it: ``xc7z020clg400-1``."""
    clock_mhz: float
    lut: int
    ff: int
    dsp: int
    bram36: int
    dsp_type: str
    power_band_w: tuple[float, ...] = ()
    """Least and most that the board may draw: from idle, or the least of the published designs, to the most loaded."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LatencyModel:
    """Coefficients of the latency estimate; `packager.plan.latency` states the formula and their origin."""

    runtime: str
    """That the coefficients hold for: ``LiteRT (XNNPACK)``. An estimate without a runtime is meaningless."""
    gmacs: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """Effective GMAC/s by operator kind, and giga-elements a second for ``elementwise``; a kind that is not here costs
    its bytes alone."""
    bandwidth_gbs: float | None = None
    """Effective GB/s of activations and weights together; None where the fit found no cost of bytes."""
    overhead_ms: float = 0.0
    """Per inference."""
    op_overhead_ms: float = 0.0
    """Per operator."""
    band: tuple[float, ...] = ()
    """Two factors on the estimate: the ends of its 80 % band."""
    how: str = ""
    """Where the coefficients come from."""
    others: Mapping[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    """By engine that `runtime` is not: two factors on the ends of the band, its least and its most time."""
    others_how: str = ""
    """Where those come from."""
    types: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """By data type that `runtime` does not name: how many times as long an operator that multiplies takes in it."""
    host: str = ""
    """The profile whose coefficients hold for the operators that stay on an accelerator's host."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    name: str
    family: str
    """The module `packager.families.<family>`."""
    title: str
    recipe: str
    """The recipe used where the user names none."""
    memory: Memory
    arithmetic: str = "xnnpack"
    engine: str = "litert"
    """What runs the model on the device, where a family offers more than LiteRT: ``c`` is the C runtime."""
    channel_multiple: int = 8
    """A pruned layer keeps a multiple of so many channels: kernels work on blocks of them."""
    sparse_outputs: int = 16
    sparse_inputs: int = 4
    """Kernels skip so many inputs for so many outputs where all their weights are zero; of the C runtime by default."""
    extends: str = ""
    cpu: Cpu | None = None
    edgetpu: EdgeTpu | None = None
    tensorrt: TensorRt | None = None
    fpga: FpgaPart | None = None
    latency: LatencyModel | None = None
    power_w: float | None = None
    """Of the board under load, for the energy estimate."""
    sources: tuple[str, ...] = ()
    """Where the facts come from."""
    unverified: tuple[str, ...] = ()
    """Keys whose value no source confirmed."""


def profile_names(root: Traversable | None = None) -> list[str]:
    """Return the names of every shipped profile, sorted; reads no file."""
    folder = root or data_dir("targets")
    return sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml"))


def load_profile(name: str, root: Traversable | None = None) -> Profile:
    """Read the profile of a target; ``./board.toml`` reads a file of the user's own.

    Raises:
        ConfigError: no such target (with the nearest name), or a wrong file.
    """
    folder = root or data_dir("targets")
    table = _table(name, folder, ())
    return from_table(Profile, table, source=f"{name}.toml" if not name.endswith(".toml") else name)


def _table(name: str, folder: Traversable, seen: tuple[str, ...]) -> dict[str, Any]:
    own_file = name.endswith(".toml")
    known = profile_names(folder)
    if not own_file and name not in known:
        raise ConfigError(f"no target named {name!r}", hint=did_you_mean(name, known) + "; see `edgepack targets`")
    if name in seen:
        raise ConfigError(f"{name}: extends itself through {', '.join(seen)}", hint="break the circle")
    path: Traversable = Path(name) if own_file else folder / f"{name}.toml"
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror}", hint="check the path") from None
    table = parse_toml(text, source=name)
    table.setdefault("name", Path(name).stem if own_file else name)
    if base := table.get("extends"):
        table = _merge(_table(str(base), folder, (*seen, name)), table)
    return table


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
