"""What a model's C runtime saves by leaving out zero weights, for the report."""

from collections.abc import Mapping

from packager.emit.c._contract import Saved
from packager.emit.c._costs import Target
from packager.emit.c._plan import lay_out
from packager.ir import Model


def savings(model: Model, arithmetic: str, target: Target) -> Mapping[int, Saved]:
    """Return the layers whose weights are not stored one by one, by operator index; of what `emit_c` takes."""
    layers = lay_out(model, arithmetic, target).layers
    return {i: layer.saved for i, layer in enumerate(layers) if layer.saved and layer.saved.form != "dense"}
