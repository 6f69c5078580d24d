"""One module per pass; each file holds one class with the contract of `packager.rewrite`."""

from collections.abc import Mapping

from packager.ir import Model
from packager.passes.fold_constants import FoldConstants
from packager.passes.fold_scale import FoldScale
from packager.passes.fuse_activation import FuseActivation
from packager.passes.fuse_pad import FusePad
from packager.passes.serving_signature import ServingSignature
from packager.passes.static_shapes import StaticShapes
from packager.passes.unique_names import UniqueNames
from packager.rewrite import apply_passes


def normalise(model: Model, input_shapes: Mapping[str, tuple[int, ...]] | None = None) -> Model:
    """Return the model as every later step expects it: batch 1, static, foldings done, tensors and entry point named.

    Raises:
        ConfigError: `input_shapes` names no input of the model.
        UnsupportedError: a dynamic dimension is left open, or a fixed batch is not 1.
    """
    return apply_passes(
        model,
        [
            UniqueNames(),
            StaticShapes(input_shapes=input_shapes or {}),
            FoldConstants(),
            FoldScale(),
            FuseActivation(),
            FusePad(),
            UniqueNames(),
            ServingSignature(),
        ],
    )
