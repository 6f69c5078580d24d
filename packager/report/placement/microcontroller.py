"""A microcontroller: its core runs every operator that the generated C has a kernel for."""

from packager.config.profile import Profile
from packager.emit.c import unsupported
from packager.figure import Place
from packager.ir import Model
from packager.report.placement import Placement


def place(model: Model, profile: Profile) -> Placement:
    refused = {problem.where: problem.message for problem in unsupported(model, profile.arithmetic)}
    special = {
        i: (Place.UNCERTAIN, refused[model.main.where(i)])
        for i in range(len(model.main.nodes))
        if model.main.where(i) in refused
    }
    return Placement(default=Place.CPU, special=special)
