"""An FPGA: every operator that has an HLS template for its shapes and types."""

from packager.config.profile import Profile
from packager.emit.hls import unsupported
from packager.figure import Place
from packager.ir import Model
from packager.report.placement import Placement, unless_refused


def place(model: Model, profile: Profile) -> Placement:  # noqa: ARG001 - the same call for every family
    return unless_refused(model.main, Place.FPGA, unsupported(model))
