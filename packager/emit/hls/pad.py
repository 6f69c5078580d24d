"""PAD with zeros (the zero point) around height and width."""

from collections.abc import Iterable, Iterator

from packager.emit.hls._contract import Ints, Layer, Op, Problem, Stage, lane_folds, quantization_problem
from packager.plan.folding import Fold
from packager.plan.fpga_estimate import mover


class _Pad(Layer):
    def problems(self, op: Op) -> Iterator[Problem]:
        yield from quantization_problem(op)
        edges = op.constant(1)
        if edges is None or edges.shape != (4, 2) or edges[[0, 3]].any():
            yield Problem("pads more than height and width", "pad height and width by constant amounts")

    def folds(self, op: Op) -> Iterable[Fold]:
        return lane_folds(op.output.dims[-1])

    def stages(self, op: Op, fold: Fold) -> tuple[Stage, ...]:
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


def _edges(op: Op) -> Ints:
    edges = op.constant(1)
    assert edges is not None
    return edges


LAYER = _Pad()
