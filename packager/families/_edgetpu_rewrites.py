"""What is changed in a model before the Edge TPU compiler sees it, so that more of it maps."""

from packager.config.edgetpu import EdgeTpuCompiler
from packager.errors import Diagnostic
from packager.ir import Model
from packager.passes.integer_edges import IntegerEdges
from packager.passes.operator_versions import OperatorVersions
from packager.rewrite import Pass, run_passes


def rewritten(model: Model, compiler: EdgeTpuCompiler, *, float_edges: bool) -> tuple[Model, tuple[Diagnostic, ...]]:
    """Return the model that is compiled, and a note for each change.

    Args:
        model: the integer model.
        compiler: whose rules decide.
        float_edges: whether the caller asked for float inputs or outputs, which then stay.
    """
    exact: list[Pass] = [OperatorVersions(newest=compiler.max_versions)]
    if not float_edges:
        exact.append(IntegerEdges())
    return _applied(model, exact)


def _applied(model: Model, passes: list[Pass]) -> tuple[Model, tuple[Diagnostic, ...]]:
    notes: list[Diagnostic] = []
    for _, result in run_passes(model, passes):
        model = result.model
        notes += result.notes
    return model, tuple(notes)
