"""A CPU with LiteRT: every builtin operator; a custom one needs a library that registers it."""

from packager.config.profile import Profile
from packager.figure import Place
from packager.ir import Model
from packager.report.placement import Placement


def place(model: Model, profile: Profile) -> Placement:  # noqa: ARG001 - the same call for every family
    custom = {
        i: (Place.UNCERTAIN, "custom operator: LiteRT runs it only with a library that registers it")
        for i, node in enumerate(model.main.nodes)
        if node.op == "CUSTOM"
    }
    return Placement(default=Place.CPU, special=custom)
