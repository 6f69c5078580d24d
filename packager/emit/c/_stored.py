"""How a layer's weights are stored: all of them, without quads of zeros, without any zeros, or as indices.

`skips` leaves out quads (4 inputs for 16 outputs) whose 64 weights are all zero, and with them their multiplications;
`packs` stores a bit a weight and the weights that are not zero, and unpacks some blocks of outputs before they are
multiplied. Zeros add nothing to a sum. `indexes` stores weights that share at most 16 values, as the step `cluster`
makes them, as indices of four bits, unpacked in the same way. All forms compute the same integers.

Bytes are counted on the weights as they are, instructions come from `_costs`. Of the forms that are hardly slower than
the quickest the smallest is taken; `dense` where nothing is gained.
"""

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from packager.emit.c._contract import Constant, Fields, Ints, Op, Saved
from packager.emit.c._costs import Costs
from packager.emit.c._linear import packed
from packager.emit.c._scaling import BLOCK

_TILE = BLOCK * 4
_VALUES = 16
"""That four bits tell apart."""
_PAST = 8
"""Bytes behind packed weights that unpacking may read."""
_MOST_STEPS = 1 << 16


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """The weights of one layer."""

    form: str
    constants: tuple[Constant, ...]
    """`weights`, and what says where they stand."""
    macs: int
    """Multiplications of one inference, padding included."""
    cost: float
    """Estimated instructions of one inference for them, and to unpack; what all forms need is left out."""
    numbers: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Fields of `ep_matrix` that are no constants."""
    scratch: int = 0
    saved: Saved | None = None
    """Against dense weights, which save nothing against themselves."""

    @property
    def bytes(self) -> int:
        """As they lie among the other constants."""
        return sum(constant.bytes for constant in self.constants)

    @property
    def defines(self) -> Mapping[str, int]:
        return {} if self.form == "dense" else {f"EP_{self.form.upper()}": 1}

    def fields(self, op: Op) -> Fields:
        """The fields of `ep_matrix` that say where they lie."""
        return {**{c.name: op.symbol(c.name) for c in self.constants}, **self.numbers}


def stored(op: Op, rows: Ints, vectors: int) -> Stored:
    """Return the form that pays best on the CPU that `op` is made for.

    Args:
        op: Whose weights these are.
        rows: ``[outputs, runs, run]``.
        vectors: By how many vectors they are multiplied in one inference.
    """
    tiles = packed(rows).reshape(-(-len(rows) // BLOCK), -1, _TILE)
    dense, *others = _forms(op, tiles, vectors)
    taken = [form for form in (dense, *others) if form.form in op.target.forms]
    found = smallest(taken or [dense], op.target.slower)
    return dataclasses.replace(found, saved=_saved(found, dense))


def smallest(forms: list[Stored], slower: float) -> Stored:
    """The fewest bytes of those that cost at most the share `slower` more than the cheapest; the first of equals."""
    most = min(form.cost for form in forms) * (1 + slower)
    return min((form for form in forms if form.cost <= most), key=lambda form: form.bytes)


def _saved(form: Stored, dense: Stored) -> Saved:
    return Saved(
        form=form.form,
        bytes=dense.bytes - form.bytes,
        of_bytes=dense.bytes,
        macs=dense.macs - form.macs,
        of_macs=dense.macs,
        cost=dense.cost - form.cost,
        of_cost=dense.cost,
    )


def _forms(op: Op, tiles: Ints, vectors: int) -> Iterator[Stored]:
    """Dense weights ``[blocks, quads, 64]``, then the forms that leave something out, if instructions were counted."""
    costs = op.target.costs
    yield _dense(tiles, vectors, costs)
    if costs is None:
        return
    if tiles.shape[1] <= _MOST_STEPS and not tiles.any(axis=2).all():
        yield _skipping(tiles, vectors, costs)
    if not tiles.all():
        yield _packing(tiles, vectors, costs, op.target.unpacked)
    if len(np.unique(tiles)) <= _VALUES:
        yield _indexing(tiles, vectors, costs, op.target.unpacked)


def _dense(tiles: Ints, vectors: int, costs: Costs | None) -> Stored:
    quads = tiles.size // _TILE
    cost = vectors * quads * costs.quad(vectors) if costs else 0
    return Stored(form="dense", constants=(_weights(tiles),), macs=vectors * tiles.size, cost=cost)


def _skipping(tiles: Ints, vectors: int, costs: Costs) -> Stored:
    there = tiles.any(axis=2)
    steps, starts = np.nonzero(there)[1], np.cumsum([0, *there.sum(axis=1)])
    return Stored(
        form="skips",
        constants=(
            _weights(_never_empty(tiles[there])),
            Constant(name="steps", ctype="uint16_t", values=_never_empty(steps)),
            Constant(name="starts", ctype="int32_t", values=starts),
        ),
        macs=vectors * len(steps) * _TILE,
        cost=vectors * len(steps) * costs.skipping_quad(vectors),
    )


def _packing(tiles: Ints, vectors: int, costs: Costs, unpacked: int) -> Stored:
    present = tiles != 0
    quads = tiles.size // _TILE
    at_once = _at_once(tiles, unpacked)
    bits = np.packbits(present.reshape(-1), bitorder="little")
    unpacking = quads * costs.unpacking_quad + int(present.sum()) * costs.unpacking_weight
    return Stored(
        form="packs",
        constants=(
            _weights(np.pad(tiles[present], (0, _PAST))),
            Constant(name="present", ctype="uint8_t", values=bits),
        ),
        numbers={"at_once": at_once},
        macs=vectors * tiles.size,
        cost=vectors * quads * costs.quad(vectors) + unpacking,
        scratch=at_once * tiles[0].size,
    )


def _indexing(tiles: Ints, vectors: int, costs: Costs, unpacked: int) -> Stored:
    """Of the indices of 32 weights, the first 16 are the lower four bits of 16 bytes, the others the upper ones."""
    quads = tiles.size // _TILE
    values, indices = np.unique(tiles, return_inverse=True)
    low, high = np.moveaxis(indices.reshape(-1, 2, 16), 1, 0)
    at_once = _at_once(tiles, unpacked)
    return Stored(
        form="indexes",
        constants=(
            _weights(np.pad(values, (0, _VALUES - len(values)), mode="edge")),
            Constant(name="indices", ctype="uint8_t", values=(low | high << 4).reshape(-1)),
        ),
        numbers={"at_once": at_once},
        macs=vectors * tiles.size,
        cost=vectors * quads * costs.quad(vectors) + quads * costs.unindexing_quad,
        scratch=at_once * tiles[0].size,
    )


def _never_empty(values: Ints) -> Ints:
    """C has no array without elements: of a layer of zeros alone one stands, which nothing reads."""
    return values if values.size else np.zeros(1, values.dtype)


def _at_once(tiles: Ints, unpacked: int) -> int:
    """Blocks that are unpacked together."""
    block: int = tiles[0].size
    return min(len(tiles), max(1, unpacked // block))


def _weights(values: Ints) -> Constant:
    return Constant(name="weights", ctype="int8_t", values=values.reshape(-1))
