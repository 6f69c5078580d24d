"""PAD with zeros (the zero point): around height and width on the way, along any other axis by rearranging."""

from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Op, Problem
from packager.emit.hls._folds import lane_folds
from packager.emit.hls._rearranged import Rearranged
from packager.emit.hls._stage import Ints, Stage
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import mover


class _Pad(Rearranged):
    def problems(self, op: Op) -> Iterator[Problem]:
        if op.constant(1) is None:
            yield Problem("pads by computed amounts", "freeze the model so that they are constants")
        else:
            yield from super().problems(op)

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.output.dims[-1]) if _around(op) else super().folds(op)

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
        if not _around(op):
            return super().stages(op, fold)
        (top, bottom), (left, right) = _edges(op)[1:3]
        _, height, width, channels = op.input(0).dims
        numbers = (height, width, channels, top, bottom, left, right, fold.pe)
        return (
            Stage(
                name="pad",
                call=f"pad<{', '.join(str(int(n)) for n in numbers)}>",
                lanes_in=fold.pe,
                lanes_out=fold.pe,
                values=op.output.elements,
                cycles=op.output.elements // fold.pe,
                cost=mover(fold.pe),
                scalars=(op.output.zero_point,),
            ),
        )


def _around(op: Op) -> bool:
    """Whether it pads an image's height and width alone."""
    return _edges(op).shape == (4, 2) and not _edges(op)[[0, 3]].any()


def _edges(op: Op) -> Ints:
    edges = op.constant(1)
    assert edges is not None
    return edges


LAYER = _Pad()
