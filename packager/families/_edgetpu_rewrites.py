"""What is changed in a model before the Edge TPU compiler sees it, so that more of it maps."""

from collections.abc import Sequence

from packager.config.edgetpu import EdgeTpuCompiler
from packager.errors import Diagnostic
from packager.figure import Place
from packager.ir import Model
from packager.passes.flat_axes import FlatAxes
from packager.passes.integer_edges import IntegerEdges
from packager.passes.lower_hard_swish import LowerHardSwish
from packager.passes.lower_leaky_relu import LowerLeakyRelu
from packager.passes.lower_pack import LowerPack
from packager.passes.operator_versions import OperatorVersions
from packager.passes.split_activation import SplitActivation
from packager.passes.staged_mean import StagedMean
from packager.passes.staged_resize import StagedResize
from packager.plan.edgetpu import predict_mapping
from packager.rewrite import Pass, run_passes

Rewritten = tuple[Model, tuple[Diagnostic, ...]]


def rewritten(model: Model, compiler: EdgeTpuCompiler, *, float_edges: bool) -> Rewritten:
    """Return the model that is compiled, and a note for each change.

    What replaces operators is kept only where fewer stay on the CPU for it: it costs time, some of it rounds once more.

    Args:
        model: the integer model.
        compiler: whose rules decide.
        float_edges: whether the caller asked for float inputs or outputs, which then stay.
    """
    always: list[Pass] = [OperatorVersions(newest=compiler.max_versions)]
    if not float_edges:
        always.append(IntegerEdges())
    model, notes = _applied(model, always)
    other, more = _applied(model, _replacing(compiler))
    if more and _left(other, compiler) < _left(model, compiler):
        return other, (*notes, *more)
    return model, notes


def _replacing(compiler: EdgeTpuCompiler) -> list[Pass]:
    return [
        SplitActivation(),
        LowerHardSwish(),
        LowerLeakyRelu(),
        LowerPack(),
        FlatAxes(),
        StagedMean(positions=compiler.limits["mean_positions"][0]),
        StagedResize(factor=compiler.limits["resize_factor"][0]),
    ]


def _left(model: Model, compiler: EdgeTpuCompiler) -> int:
    """How many operators are not sure to map."""
    verdicts = predict_mapping(model, compiler).verdicts
    return sum(verdict.place is not Place.TPU for verdict in verdicts)


def _applied(model: Model, passes: Sequence[Pass]) -> Rewritten:
    notes: list[Diagnostic] = []
    for _, result in run_passes(model, passes):
        model = result.model
        notes += result.notes
    return model, tuple(notes)
