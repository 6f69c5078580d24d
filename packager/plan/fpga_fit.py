"""Factors on the logic estimates, learned from what a synthesis said of single processes."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from packager.errors import ConfigError
from packager.plan.fpga_estimate import Factors, Fit

_MOST = 100.0
"""A factor beyond this is no correction but a mistake."""
_WIDEN = 1.1
"""Of the band that the processes themselves span: the next design's are others."""


def learn(estimated: Sequence[Mapping[str, Any]], reported: Mapping[str, Mapping[str, float]], source: str) -> Fit:
    """Fit a factor for each kind of process by total of report over total of estimate.

    Args:
        estimated: a project's `estimate.json`, its processes.
        reported: by process, ``lut`` and ``ff``.
        source: what the reports are of.

    Raises:
        ConfigError: no process is in both.
    """
    pairs = [(row, reported[row["process"]]) for row in estimated if row["process"] in reported]
    if not pairs:
        raise ConfigError(
            "no report of a single process of this design: nothing to learn from",
            hint="give the solution's folder, syn/report in it holds run_*_csynth.xml",
        )
    kinds = sorted({row["kind"] for row, _ in pairs})
    factors = {kind: _factors([p for p in pairs if p[0]["kind"] == kind]) for kind in kinds}
    others = _factors(pairs)
    errors = [
        found[key] / (row[key] * getattr(factors[row["kind"]], key))
        for row, found in pairs
        for key in ("lut", "ff")
        if row[key] > 0 and found[key] > 0
    ]
    band = (min(1.0, *errors) / _WIDEN, max(1.0, *errors) * _WIDEN) if errors else (1 / _WIDEN, _WIDEN)
    return Fit(factors=factors, others=others, band=band, source=source)


def _factors(pairs: Sequence[tuple[Mapping[str, Any], Mapping[str, float]]]) -> Factors:
    def ratio(key: str) -> float:
        have, want = sum(row[key] for row, _ in pairs), sum(found[key] for _, found in pairs)
        return min(max(want / have, 1 / _MOST), _MOST) if have and want else 1.0

    return Factors(lut=ratio("lut"), ff=ratio("ff"))


def compared(estimated: Sequence[Mapping[str, Any]], reported: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Lines of a table: by kind of process, estimate and report."""
    keys = ("lut", "ff", "dsp", "bram18")
    yield f"{'process':14}{'count':>6}" + "".join(f"{key.upper() + ' est., report':>22}" for key in keys)
    for kind in sorted({row["kind"] for row in estimated}):
        rows = [row for row in estimated if row["kind"] == kind and row["process"] in reported]
        if rows:
            sums = [(sum(r[k] for r in rows), sum(reported[r["process"]][k] for r in rows)) for k in keys]
            yield f"{kind:14}{len(rows):>6}" + "".join(f"{have:>11.0f}{want:>11.0f}" for have, want in sums)


def fit_text(fit: Fit) -> str:
    """The file's text; `read_fit` is its inverse."""
    rows = {kind: {"lut": round(f.lut, 4), "ff": round(f.ff, 4)} for kind, f in sorted(fit.factors.items())}
    return (
        json.dumps(
            {
                "schema": 1,
                "source": fit.source,
                "band": [round(end, 4) for end in fit.band],
                "others": {"lut": round(fit.others.lut, 4), "ff": round(fit.others.ff, 4)},
                "kinds": rows,
            },
            indent=1,
        )
        + "\n"
    )


def read_fit(path: Path) -> Fit:
    """Read a file of factors.

    Raises:
        ConfigError: it is missing, or damaged.
    """
    try:
        document = json.loads(path.read_text("utf-8"))
        factors = {kind: _read(row) for kind, row in document["kinds"].items()}
        fit = Fit(
            factors=factors,
            others=_read(document["others"]),
            band=_band(*document["band"]),
            source=str(document["source"]),
        )
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint="[fpga] fit names it, relative to this folder") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "write it again with `edgepack report BUNDLE --hls-reports DIR`"
        raise ConfigError(f"{path}: no file of factors ({error})", hint=hint) from None
    return fit


def _band(low: float, high: float) -> tuple[float, float]:
    if not 0 < low <= 1 <= high < math.inf:
        raise ValueError("the band does not hold 1")
    return float(low), float(high)


def _read(row: Mapping[str, Any]) -> Factors:
    lut, ff = float(row["lut"]), float(row["ff"])
    if not (0 < lut <= _MOST and 0 < ff <= _MOST):
        raise ValueError("a factor is out of range")
    return Factors(lut=lut, ff=ff)
