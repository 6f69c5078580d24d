"""Sensitivity analysis: what pruning, zeroing or quantizing each layer alone costs. It changes nothing.

Later steps may choose by it: `channels` with ``ratios = "sensitivity"``. It is saved in `report.json` and drawn.
"""

import dataclasses
from collections.abc import Iterator

from packager.compress._contract import Compressed, Context, Step
from packager.compress._layers import float_only
from packager.compress._sensitivity import KINDS, curves_of
from packager.errors import Diagnostic, did_you_mean
from packager.figure import Curve, Table
from packager.ir import Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    of: tuple[str, ...] = ("channels", "int8")
    """What is tried: ``channels`` removed, ``weights`` zeroed, or the layer in ``int8``."""
    ratios: tuple[float, ...] = (0.25, 0.5, 0.75)
    """Shares of a layer's channels or weights."""


def problems(how: Sensitivity) -> Iterator[tuple[str, str]]:
    for kind in how.of:
        if kind not in KINDS:
            yield f"no sensitivity of {kind!r}", did_you_mean(kind, KINDS)
    if not how.of or not how.ratios:
        yield "nothing to try", 'of = ["channels"], ratios = [0.25, 0.5]'
    for ratio in how.ratios:
        if not 0 < ratio < 1:
            yield f"a ratio of {ratio:g} can't be tried", "use some between 0 and 1: [0.25, 0.5, 0.75]"


def check(model: Model, how: Sensitivity, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "sensitivity")


def apply(model: Model, how: Sensitivity, context: Context) -> Compressed:
    curves = tuple(c for kind in how.of for c in curves_of(model, context, kind, sorted(how.ratios)))
    worst = max(curves, key=lambda c: max(c.losses), default=None)
    # A converter strings the names of all that it fused together; the last is the layer's own.
    told = (
        ""
        if worst is None
        else f"; {worst.layer.rsplit(';')[-1]} bears {worst.what} least, at a loss of {max(worst.losses):.3g}"
    )
    return Compressed(
        model=model,
        summary=f"{len(curves)} curves of {', '.join(how.of)} measured{told}",
        table=Table(
            columns=("layer", "of", ">at", ">loss", ">score"), rows=tuple(row for c in curves for row in _rows(c))
        ),
        curves=curves,
    )


def _rows(curve: Curve) -> Iterator[tuple[str, ...]]:
    for at, loss, value in zip(curve.at, curve.losses, curve.values, strict=True):
        yield curve.layer, curve.what, f"{at:.0%}", f"{loss:.4g}", f"{value:.2f}"


STEP = Step(title="sensitivity analysis", parameters=Sensitivity, problems=problems, check=check, apply=apply)
