"""Which layer builds an operator: the module that bears its name."""

from packager.emit.hls._contract import Layer, Op
from packager.util.lookup import export_names, find_export

_PACKAGE = "packager.emit.hls"


def find_layer(name: str) -> Layer | None:
    """Return the layer of an operator, None where there is no template for it."""
    layer: Layer | None = find_export(_PACKAGE, name, "LAYER")
    return layer


def layer_of(op: Op) -> Layer:
    """Return the layer of an operator that is known to have one."""
    layer = find_layer(op.node.op)
    assert layer is not None, op.where
    return layer


def layer_names() -> list[str]:
    """Return every operator with a template, sorted."""
    return export_names(_PACKAGE)
