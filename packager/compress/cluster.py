"""Weight clustering: the int8 weights of a layer take few values, shared by all its channels.

TFLite has no form for shared values, so the `.tflite` file keeps its size and LiteRT its time; what shrinks is what is
stored and sent compressed, the archive, and the C runtime, which stores 16 values' indices where that pays. Whether the
archive shrinks is measured layer by layer.
"""

import dataclasses
import zlib
from collections.abc import Iterator

import numpy as np

from packager.compress._contract import Array, Clusters, Compressed, Context, Step, Work
from packager.compress._layers import TOP, Layer, Real, float_only, layers_of, quantized, with_constants
from packager.compress._names import named
from packager.errors import Diagnostic, Severity, UnsupportedError
from packager.figure import Table
from packager.ir import Model

_ROUNDS = 100


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Cluster:
    values: int = 16
    """Distinct int8 values that a layer's weights may take, 3 to 128; 0 and the two ends are always among them."""
    layers: tuple[str, ...] = ()
    """Names of the layers to cluster; empty for all."""
    skip: tuple[str, ...] = ()


def problems(how: Cluster) -> Iterator[tuple[str, str]]:
    if not 3 <= how.values <= 128:
        yield f"values = {how.values} is not in 3..128", "16 values need four bits each"


def check(model: Model, how: Cluster, context: Context) -> Iterator[Diagnostic]:  # noqa: ARG001 - as Step.check
    yield from float_only(model, "clustering")
    named((layer.name for layer in layers_of(model.main)), (*how.layers, *how.skip), "layers and skip")


def apply(model: Model, how: Cluster, context: Context) -> Compressed:
    changed: dict[int, Array] = {}
    clusters = dict(context.kept.clusters)
    rows, sizes = [], np.zeros(2, np.int64)
    for layer in layers_of(model.main):
        if (how.layers and layer.name not in how.layers) or layer.name in how.skip:
            continue
        scales, codes = quantized(layer)
        shared = clustered(codes, how.values)
        before, after = (_deflated(layer, each) for each in (codes, shared))
        if after >= before:
            continue
        changed[layer.tensor] = layer.shaped(shared * scales[:, None])
        clusters[model.main.tensors[layer.tensor].name] = _clusters(layer, scales, shared)
        sizes += (before, after)
        rows.append((layer.where, *(str(len(np.unique(c))) for c in (codes, shared)), str(before), str(after)))
    if not rows:
        raise UnsupportedError(
            f"{model.name}: {how.values} values a layer make none of them smaller, deflated",
            hint="ask for fewer values, or leave the step out",
        )
    return Compressed(
        model=with_constants(model, changed),
        summary=f"int8 weights of {len(rows)} layers take {how.values} values at most;"
        f" deflated {sizes[0]} -> {sizes[1]} bytes",
        changes=tuple(
            Diagnostic(severity=Severity.NOTE, where=row[0], message=f"{row[2]} values, {row[3]} -> {row[4]} bytes")
            for row in rows
        ),
        table=Table(
            columns=("layer", ">int8 values before", ">after", ">deflated before, B", ">after, B"), rows=tuple(rows)
        ),
        kept=dataclasses.replace(context.kept, clusters=clusters),
    )  # fmt: skip


def _clusters(layer: Layer, scales: Real, codes: Real) -> Clusters:
    """Which weights of a layer share an integer, for steps that train it on."""
    _, index = np.unique(layer.shaped(codes), return_inverse=True)
    units = layer.shaped(np.broadcast_to(scales[:, None], codes.shape))
    return Clusters(index=index.reshape(units.shape).astype(np.int32), units=units)


def clustered(codes: Real, values: int) -> Real:
    """The integers moved to at most so many, by k-means; 0 and the ends, which hold the scales, stay."""
    present, counts = np.unique(codes, return_counts=True)
    if len(present) <= values:
        return codes
    fixed = np.array([-TOP, 0, TOP], np.float64)
    centres = np.unique(np.concatenate([fixed, _spread(present, counts, values - len(fixed))]))
    for _ in range(_ROUNDS):
        nearest = np.abs(present[:, None] - centres).argmin(axis=1)
        mass, total = np.bincount(nearest, counts, len(centres)), np.bincount(nearest, counts * present, len(centres))
        moved = np.rint(np.divide(total, mass, out=centres.copy(), where=mass > 0))
        moved = np.unique(np.where(np.isin(centres, fixed), centres, moved))
        if np.array_equal(moved, centres):
            break
        centres = moved
    nearest = centres[np.abs(present[:, None] - centres).argmin(axis=1)]
    found: Real = nearest[np.searchsorted(present, codes)]
    return found


def _spread(present: Real, counts: Array, count: int) -> Real:
    """Quantiles of the integers, to start from."""
    if not count:
        return np.zeros(0)
    share = (np.arange(count) + 0.5) / count
    found: Real = present[np.searchsorted(np.cumsum(counts) / counts.sum(), share)]
    return found


def _deflated(layer: Layer, codes: Real) -> int:
    """Bytes of the int8 tensor as an archive holds it."""
    return len(zlib.compress(layer.shaped(codes).astype(np.int8).tobytes(), 9))


STEP = Step(
    title="weight clustering",
    parameters=Cluster,
    problems=problems,
    check=check,
    apply=apply,
    settles=Work.CLUSTERS,
)
