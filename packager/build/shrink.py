"""The source as it is built from: normalised, without the channels that can't change its output."""

import dataclasses

from packager.errors import Diagnostic
from packager.frontends import Source
from packager.passes import normalised
from packager.prune import remove_dead
from packager.quantize.kind import refuse_half


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Shrunk:
    source: Source
    cuts: tuple[Diagnostic, ...] = ()
    """What was fused, and what each layer lost, a line each: for the report, too long for the terminal."""

    @property
    def detailed(self) -> Source:
        """The source with all that is known of how it was cut."""
        return dataclasses.replace(self.source, notes=(*self.source.notes, *self.cuts))


def shrink(source: Source, *, keep_dead: bool = False) -> Shrunk:
    """Normalise the model, and cut its dead channels unless `keep_dead`; bytes and hash stay those of the file.

    Raises:
        ConfigError: a shape was given for an input that is not there.
        UnsupportedError: the model is half-quantized, or a dimension is left open.
    """
    refuse_half(source.model)
    model, fused = normalised(source.model, source.input_shapes)
    static = dataclasses.replace(source, model=model, input_shapes={})
    if keep_dead:
        return Shrunk(source=static, cuts=fused)
    pruned = remove_dead(static.model)
    total, *cuts = pruned.notes() or (None,)
    if total is None:
        return Shrunk(source=static, cuts=fused)
    # The source's own ONNX graph still holds them.
    smaller = dataclasses.replace(static, model=pruned.model, notes=(*static.notes, total), onnx=None)
    return Shrunk(source=smaller, cuts=(*fused, *cuts))
