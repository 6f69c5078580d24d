"""Where each operator of a model as it stands would run: one module a target family, found by the family's name.

Each exports ``place(model, profile) -> Placement``.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterable, Mapping

from packager.config.profile import Profile
from packager.errors import Diagnostic
from packager.figure import Place
from packager.ir import Graph, Model


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Placement:
    default: Place
    """Of every operator that `special` lacks."""
    special: Mapping[int, tuple[Place, str]] = dataclasses.field(default_factory=dict)
    """Operator index to place and reason."""
    findings: tuple[Diagnostic, ...] = ()
    """On the model as a whole, or on what keeps it from the target."""


def place(model: Model, profile: Profile) -> Placement:
    """Ask the module of the profile's family; of a family without one nothing is known."""
    if profile.family not in {module.name for module in pkgutil.iter_modules(__path__)}:
        return Placement(default=Place.UNCERTAIN)
    answer: Placement = importlib.import_module(f"{__name__}.{profile.family}").place(model, profile)
    return answer


def unless_refused(graph: Graph, default: Place, refusals: Iterable[Diagnostic]) -> Placement:
    """Everything runs at `default` but the operators that a diagnostic names; those have no known place."""
    found = tuple(refusals)
    index = {graph.where(i): i for i in range(len(graph.nodes))}
    special = {index[d.where]: (Place.UNCERTAIN, d.message) for d in found if d.where in index}
    return Placement(default=default, special=special, findings=tuple(d for d in found if d.where not in index))
