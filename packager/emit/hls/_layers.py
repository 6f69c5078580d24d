"""Which layer builds an operator: the module that bears its name."""

import functools
import importlib
import importlib.util
import pkgutil

from packager.emit.hls._contract import Layer, Op

_PACKAGE = __package__


@functools.cache
def find_layer(name: str) -> Layer | None:
    """Return the layer of an operator, None where there is no template for it."""
    module = f"{_PACKAGE}.{name.lower()}"
    if not name.isidentifier() or name.startswith("_") or importlib.util.find_spec(module) is None:
        return None
    layer: Layer = importlib.import_module(module).LAYER
    return layer


def layer_of(op: Op) -> Layer:
    """Return the layer of an operator that is known to have one."""
    layer = find_layer(op.node.op)
    assert layer is not None, op.where
    return layer


def layer_names() -> list[str]:
    """Return every operator with a template, sorted."""
    package = importlib.import_module(_PACKAGE)
    return sorted(m.name.upper() for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
