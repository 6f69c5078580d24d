"""One module per pass; each file holds one class with the contract of `packager.rewrite`."""

from collections.abc import Mapping

from packager.errors import Diagnostic
from packager.ir import Model
from packager.passes.fold_constants import FoldConstants
from packager.passes.fold_scale import FoldScale
from packager.passes.fuse_activation import FuseActivation
from packager.passes.fuse_pad import FusePad
from packager.passes.serving_signature import ServingSignature
from packager.passes.static_shapes import StaticShapes
from packager.passes.unique_names import UniqueNames
from packager.rewrite import run_passes


def normalise(model: Model, input_shapes: Mapping[str, tuple[int, ...]] | None = None) -> Model:
    """Return the model as every later step expects it: batch 1, static, foldings done, tensors and entry point named.

    Raises:
        ConfigError: `input_shapes` names no input of the model.
        UnsupportedError: a dynamic dimension is left open, or a fixed batch is not 1.
    """
    return normalised(model, input_shapes)[0]


def normalised(
    model: Model, input_shapes: Mapping[str, tuple[int, ...]] | None = None
) -> tuple[Model, tuple[Diagnostic, ...]]:
    """Return the same as `normalise`, and what was folded and fused, a note a pass.

    Raises:
        ConfigError: `input_shapes` names no input of the model.
        UnsupportedError: a dynamic dimension is left open, or a fixed batch is not 1.
    """
    passes = [
        UniqueNames(),
        StaticShapes(input_shapes=input_shapes or {}),
        FoldConstants(),
        FoldScale(),
        FuseActivation(),
        FusePad(),
        UniqueNames(),
        ServingSignature(),
    ]
    notes: list[Diagnostic] = []
    for _, result in run_passes(model, passes):
        model = result.model
        notes += result.notes
    return model, tuple(notes)
