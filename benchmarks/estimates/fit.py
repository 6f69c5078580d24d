"""Fits the coefficients of every profile's ``[latency]`` on published latencies, and judges them by leaving models out.

    python benchmarks/estimates/fit.py [--write]        (reads ../shared/data or $EDGEPACK_REFERENCE_DATA)

Least squares of the relative error under non-negative coefficients. `--write` puts the coefficients into `targets/` and
the errors into `docs/estimates.md`; without it both are printed. What profiles say by hand of other engines stays.
"""

import argparse
import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from boards import BOARDS, Board, Source, network_of

from packager.config.profile import Profile, load_profile

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DATA = Path(os.environ.get("EDGEPACK_REFERENCE_DATA", ROOT / "../shared/data"))
Vector = npt.NDArray[np.float64]
KINDS = ("conv", "pointwise", "depthwise", "dense")
"""Kinds that multiply; the rest is charged by the element, as `elementwise`."""
BROADLY = 10
"""Rows from which the band is a quantile; below it is the worst error seen, widened."""
_LEAST_SHARE = 0.01
"""Of a term's own prior: where another board's fit found nothing, so that no prior is 0."""
FAMILIES = 3
"""Families of networks below which the errors say nothing about another family."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    network: str
    ms: float
    own: bool
    source: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fit:
    board: Board
    terms: tuple[str, ...]
    coefficients: Vector
    """Milliseconds per unit of each term."""
    factor: float
    """Latency of the other runtimes over the own one."""
    rows: tuple[Row, ...]
    ratios: tuple[float, ...]
    """Measured over predicted latency of each row, its network left out of the fit."""
    band: tuple[float, float]
    how: str


def networks() -> dict[str, dict[str, float]]:
    """Counts by network: those of `models.json`, and a few of which only the multiply-accumulates are known."""
    known: dict[str, dict[str, float]] = json.loads((HERE / "models.json").read_text(encoding="utf-8"))
    v3 = known["inception_v3"]
    total = sum(v3[k] for k in KINDS)
    # Of the same family as v3, so its counts times the ratio of the published MACs; parameters as published.
    for name, macs, params in (("inception_v2", 1.94e9, 11.2e6), ("inception_v4", 12.3e9, 42.6e6)):
        known[name] = {k: v * macs / total for k, v in v3.items()} | {"params_padded": params * 1.02, "output": 1001}
    blank = dict.fromkeys(v3, 0.0)
    # MACs as their authors cite them; YOLO11 has 100, 125 and 190 fused layers, YOLOv4 161.
    for name, macs, ops in (("n", 3.25e9, 100), ("m", 34.0e9, 125), ("x", 97.45e9, 190)):
        known[f"yolo11{name}"] = blank | {"conv": macs, "ops": ops}
    for size in (320, 416, 512, 608):
        known[f"yolov4_{size}"] = blank | {"conv": 29.8e9 * (size / 416) ** 2, "ops": 161}
    return known


def rows_of(board: Board, known: dict[str, dict[str, float]]) -> tuple[Row, ...]:
    anchors = json.loads((DATA / "latency_anchors.json").read_text(encoding="utf-8"))
    found = [row for source in board.sources for anchor in anchors if (row := _row(anchor, source))]
    if board.profile == "raspberrypi-5":
        specs = {d["id"]: d for d in json.loads((DATA / "device_specs.json").read_text(encoding="utf-8"))["devices"]}
        rates = specs["rpi-5"]["effective_gmacs"]["int8_executorch_xnnpack_4t"]
        for name in ("resnet18", "mobilenet_v2"):  # Arm's model cards, kept there as GMAC/s
            ms = sum(known[name][k] for k in KINDS) / rates[name] / 1e6
            found.append(Row(network=name, ms=ms, own=True, source="ExecuTorch XNNPACK"))
    return tuple(row for row in found if row.network in known)


def _row(anchor: dict[str, Any], source: Source) -> Row | None:
    matches = (
        str(anchor["device"]).startswith(source.device)
        and str(anchor["runtime"]).startswith(source.runtime)
        and anchor["precision"] == source.precision
        and anchor["batch"] in (1, None)
        and source.threads in (None, anchor["threads"])
    )
    network = network_of(anchor["model"]) if matches else None
    if network is None:
        return None
    return Row(network=network, ms=anchor["latency_ms"] * source.clock, own=source.own, source=source.runtime)


def types_of(board: Board) -> dict[str, tuple[int, float, float, float]]:
    """By data type, over networks that a board's sources timed in it and in the board's own: how many, and the ratios.

    They are of latencies of whole networks, batch 1, least, median and most; of TensorRT alone.
    """
    like = next(b for b in BOARDS if b.profile == board.like) if board.like else board
    own = board.runtime.rpartition(", ")[2]
    anchors = json.loads((DATA / "latency_anchors.json").read_text(encoding="utf-8"))
    timed: dict[tuple[str, str, str], dict[str, float]] = {}
    for a in anchors if "TensorRT" in board.runtime else ():
        key = str(a["device"]), str(a["model"]), str(a["runtime"])
        if a["batch"] in (1, None) and any(
            key[0].startswith(s.device) and key[2].startswith(s.runtime) for s in like.sources
        ):
            timed.setdefault(key, {}).setdefault(a["precision"], a["latency_ms"])
    found = {}
    for name, said in (("float16", "fp16"), ("float32", "fp32")):
        ratios = sorted(t[said] / t[own] for t in timed.values() if said != own and said in t and own in t)
        if ratios:
            found[name] = (len(ratios), ratios[0], float(np.median(ratios)), ratios[-1])
    return found


def types_table() -> str:
    lines = ["| board | of | networks | least | median | most |", "|---|---|---|---|---|---|"]
    for board in BOARDS:
        own = board.runtime.rpartition(", ")[2]
        for name, (count, *three) in types_of(board).items():
            lines.append(
                f"| {board.profile} | {name} over {own} | {count} | " + " | ".join(f"{r:.2f}" for r in three) + " |"
            )
    return "\n".join(lines) + "\n"


def terms_of(profile: Profile) -> tuple[str, ...]:
    names = (*KINDS, "elementwise")
    if profile.edgetpu:
        return ("fixed", *names, "moved", "streamed", "output")
    return ("ops", *names, "moved") if profile.tensorrt is None else ("ops", *names)


def features(counts: dict[str, float], terms: tuple[str, ...]) -> list[float]:
    """Units of each term: GMAC of a kind, giga-elements, operators, MB moved, MiB streamed, KiB of output."""
    cache = 8 * 2**20 - (0 if counts["conv"] == 0 else 1.2 * 2**20)
    units = {"fixed": 1.0, "ops": counts["ops"], "moved": counts["moved"] / 1e6, "output": counts["output"] / 1024}
    units["streamed"] = max(0.0, counts["params_padded"] - cache) / 2**20
    for kind in (*KINDS, "elementwise"):
        units[kind] = counts[kind] / 1e9
    return [units[t] for t in terms]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prior:
    costs: Vector
    """Of a unit of each term, in proportion to each other."""
    weight: float
    """In rows."""


def solve(a: Vector, ms: Vector, prior: Prior) -> Vector:
    """Least squares of the relative error, not negative, held to the proportions of the prior.

    The prior is first scaled to fit as a whole, so that it says nothing about the level.
    """
    scaled = a / ms[:, None]
    whole = scaled @ prior.costs
    guess = prior.costs * (whole.sum() / (whole**2).sum())
    columns = scaled * guess
    gram = columns.T @ columns + prior.weight * np.eye(len(guess))
    wanted = columns.sum(0) + prior.weight
    x: Vector = np.ones(len(guess))
    for _ in range(200):
        for j in range(len(x)):
            x[j] = max(0.0, x[j] + (wanted[j] - gram[j] @ x) / gram[j, j])
    return np.asarray(x * guess)


def fit(board: Board, known: dict[str, dict[str, float]], done: dict[str, Fit]) -> Fit:
    profile = load_profile(board.profile)
    rows = rows_of(board, known)
    terms = terms_of(profile)
    if not rows:
        return _scaled(board, done[board.like])
    a = np.array([features(known[r.network], terms) for r in rows])
    ms = np.array([r.ms for r in rows])
    own = np.array([r.own for r in rows])
    fixed = done[board.like].factor if board.like else None
    costs = np.array([board.prior[t] for t in terms])
    if board.shape_of:
        costs = np.maximum(done[board.shape_of].coefficients, costs * _LEAST_SHARE)
    prior = Prior(costs=costs, weight=board.prior_weight)
    coefficients, factor = _level(a, ms, own, fixed, prior)
    ratios = []
    for i, row in enumerate(rows):
        kept = np.array([r.network != row.network for r in rows])
        if kept.sum() < 2:
            ratios.append(float("nan"))
            continue
        left, level = _level(a[kept], ms[kept], own[kept], fixed, prior)
        ratios.append(float(ms[i] / (a[i] @ left * (1.0 if own[i] else level))))
    band, how = _band(board, rows, np.array(ratios))
    return Fit(
        board=board, terms=terms, coefficients=coefficients, factor=factor, rows=rows, ratios=tuple(ratios),
        band=band, how=how,
    )  # fmt: skip


def _level(
    a: Vector, ms: Vector, own: npt.NDArray[np.bool_], fixed: float | None, prior: Prior
) -> tuple[Vector, float]:
    """Fit the coefficients and, where rows of both sorts are there, the factor between the runtimes."""
    if own.all():
        return solve(a, ms, prior), 1.0
    if fixed is not None or not own.any():
        factors: Any = [fixed or 1.0]
    else:
        factors = np.geomspace(0.5, 4, 43)
    best = min(factors, key=lambda f: _error(a, np.where(own, ms, ms / f), prior))
    return solve(a, np.where(own, ms, ms / best), prior), float(best)


def _error(a: Vector, ms: Vector, prior: Prior) -> float:
    return float((((a @ solve(a, ms, prior)) / ms - 1) ** 2).sum())


def _band(board: Board, rows: tuple[Row, ...], ratios: Vector) -> tuple[tuple[float, float], str]:
    ratios = ratios[np.isfinite(ratios)]
    names = {r.network for r in rows}
    families = {re.sub(r"[^a-z].*", "", name) for name in names}
    origin = f"fitted on {len(rows)} published latencies of {len(names)} networks"
    if len(families) < FAMILIES:
        low, high = 0.5, 2.0
        which = "one family" if len(families) == 1 else "two families"
        origin += f" of {which}: too few to judge, so the band is a factor of 2"
    elif len(names) >= BROADLY:
        low, high = np.quantile(ratios, (0.1, 0.9))
    else:
        low, high = min(ratios.min(), 1) / 1.15, max(ratios.max(), 1) * 1.15
        origin += "; few, so the band is the worst error seen and 15 % more"
    if board.why:
        low, high, origin = low / 1.25, high * 1.25, f"{origin}; {board.why}"
    return (round(float(low), 2), round(float(high), 2)), origin


def _scaled(board: Board, like: Fit) -> Fit:
    scale = np.array([1.0 if t == "ops" else 1 / board.ratio for t in like.terms])
    return Fit(
        board=board, terms=like.terms, coefficients=like.coefficients * scale, factor=1.0, rows=(), ratios=(),
        band=(0.5, 2.0), how=f"{board.why}; unverified, so the band is a factor of 2",
    )  # fmt: skip


def others_of(text: str) -> tuple[str, str]:
    """What a profile says by hand of other engines than the fitted one: a line of ``[latency]``, and a table."""
    latency = text.partition("\n[latency]\n")[2]
    how = re.search(r"^others_how = [^\n]*\n", latency, re.MULTILINE)
    table = re.search(r"^\[latency\.others\]\n(?:[^\[\n][^\n]*\n)*", latency, re.MULTILINE)
    return how[0] if how else "", table[0] if table else ""


def toml_of(found: Fit, others: tuple[str, str] = ("", "")) -> str:
    """The tables of ``[latency]``, with what `others_of` found in them before."""
    how, table = (part.splitlines() for part in others)
    value = dict(zip(found.terms, (float(c) for c in found.coefficients), strict=True))
    lines = ["[latency]", f'runtime = "{found.board.runtime}"', f'how = "{found.how}"']
    lines += [f"band = [{found.band[0]}, {found.band[1]}]", *how]
    if found.board.profile.startswith("coral"):
        lines.append('host = "raspberrypi-4"')
    elif value.get("fixed"):
        lines.append(f"overhead_ms = {value['fixed']:.3g}")
    if value.get("ops"):
        lines.append(f"op_overhead_ms = {value['ops']:.3g}")
    if value.get("moved"):
        lines.append(f"bandwidth_gbs = {1 / value['moved']:.3g}")
    rates = {kind: 1000 / value[kind] for kind in sorted((*KINDS, "elementwise")) if value[kind] > 0}
    lines += ["", *table] if table else []
    lines += ["", "[latency.gmacs]", *(f"{k} = {_number(rate)}" for k, rate in rates.items())]
    if types := types_of(found.board):
        lines += ["", "[latency.types]", *(f"{name} = {median:.2f}" for name, (_, _, median, _) in types.items())]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    """Three digits, without an exponent."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def edge_tpu_keys(found: Fit) -> dict[str, str]:
    value = dict(zip(found.terms, (float(c) for c in found.coefficients), strict=True))
    keys = {"overhead_ms": f"{value['fixed']:.3g}", "output_ms_per_kib": f"{value['output']:.3g}"}
    if value["streamed"]:
        keys["stream_mib_per_ms"] = f"{1 / value['streamed']:.3g}"
    return keys


def table_of(fits: dict[str, Fit]) -> str:
    lines = [
        "| board | runtime | latencies | networks | median error | 80 % within | worst | band |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in fits.items():
        errors = np.sort(np.abs(1 / np.array([r for r in found.ratios if np.isfinite(r)]) - 1) * 100)
        said = [f"{np.quantile(errors, q):.0f} %" for q in (0.5, 0.8, 1)] if len(errors) else ["none"] * 3
        count = len({r.network for r in found.rows})
        band = f"{found.band[0]:.2f} to {found.band[1]:.2f}"
        lines.append(f"| {name} | {found.board.runtime} | {len(found.rows)} | {count} | {' | '.join(said)} | {band} |")
    return "\n".join(lines) + "\n"


def rows_table(fits: dict[str, Fit]) -> str:
    lines = ["| board | network | source | measured ms | predicted ms, left out |", "|---|---|---|---|---|"]
    for name, found in fits.items():
        for row, ratio in zip(found.rows, found.ratios, strict=True):
            guess = f"{row.ms / ratio:.3g}" if np.isfinite(ratio) else "-"
            lines.append(f"| {name} | {row.network} | {row.source} | {row.ms:.3g} | {guess} |")
    return "\n".join(lines) + "\n"


def write(fits: dict[str, Fit]) -> None:
    for name, found in fits.items():
        path = ROOT / "targets" / f"{name}.toml"
        before = path.read_text(encoding="utf-8")
        text = re.split(r"\n\[latency\]", before)[0].rstrip() + "\n"
        if found.board.profile.startswith("coral"):
            for key, value in edge_tpu_keys(found).items():
                text = re.sub(rf"^{key} = [^\n]*\n", "", text, flags=re.MULTILINE)
                text = text.rstrip() + f"\n{key} = {value}\n"
        path.write_text(f"{text}\n{toml_of(found, others_of(before))}", encoding="utf-8")
    path = ROOT / "docs" / "estimates.md"
    text = path.read_text(encoding="utf-8")
    for mark, table in (("errors", table_of(fits)), ("types", types_table()), ("rows", rows_table(fits))):
        text = re.sub(rf"(<!-- {mark} -->\n).*?(<!-- end -->)", rf"\g<1>{table}\g<2>", text, flags=re.DOTALL)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="into targets/ and docs/estimates.md")
    known = networks()
    fits: dict[str, Fit] = {}
    for board in BOARDS:
        fits[board.profile] = fit(board, known, fits)
    if parser.parse_args().write:
        write(fits)
        return
    for name, found in fits.items():
        print(f"# {name}\n{toml_of(found)}")
    print(table_of(fits))
    print(types_table())
    print(rows_table(fits))


if __name__ == "__main__":
    main()
