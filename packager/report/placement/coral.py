"""The Edge TPU: what its compiler would map, by the rules of `packager.plan.edgetpu`, or what it did."""

from packager.config.edgetpu import load_edgetpu_compiler
from packager.config.profile import Profile
from packager.figure import Place
from packager.ir import Model
from packager.plan.edgetpu import predict_mapping, refusals
from packager.plan.edgetpu_executable import read_compiled
from packager.report.placement import Placement


def place(model: Model, profile: Profile) -> Placement:
    assert profile.edgetpu is not None, "a profile of the family has the table"
    if compiled := read_compiled(model):
        inside = {p.index: (Place.TPU, "compiled for the Edge TPU") for p in compiled.packages}
        left = {i: (Place.CPU, "the compiler left it there") for i in range(len(model.main.nodes)) if i not in inside}
        return Placement(default=Place.CPU, special={**inside, **left}, findings=())
    compiler = load_edgetpu_compiler(profile.edgetpu.compiler)
    verdicts = predict_mapping(model, compiler).verdicts
    return Placement(
        default=Place.CPU,
        special={i: (verdict.place, verdict.reason) for i, verdict in enumerate(verdicts)},
        findings=tuple(refusals(model, compiler)),
    )
