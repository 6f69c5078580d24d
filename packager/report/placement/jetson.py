"""TensorRT: every operator that has an ONNX form. Its own parser was not asked."""

from packager.config.profile import Profile
from packager.emit.onnx import unsupported
from packager.figure import Place
from packager.ir import Model
from packager.report.placement import Placement, unless_refused


def place(model: Model, profile: Profile) -> Placement:  # noqa: ARG001 - the same call for every family
    return unless_refused(model.main, Place.GPU, unsupported(model))
