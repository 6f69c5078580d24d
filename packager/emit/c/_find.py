"""Which kernel computes an operator: the module that bears its name."""

import functools
import importlib
import importlib.util
import pkgutil

from packager.emit.c._contract import Kernel

_PACKAGE = "packager.emit.c"


@functools.cache
def find_kernel(name: str) -> Kernel | None:
    """Return an operator's kernel, None where there is none."""
    module = f"{_PACKAGE}.{name.lower()}"
    if not name.isidentifier() or name.startswith("_") or importlib.util.find_spec(module) is None:
        return None
    kernel: Kernel = importlib.import_module(module).KERNEL
    return kernel


def kernel_names() -> list[str]:
    """Return every operator with a kernel, sorted."""
    package = importlib.import_module(_PACKAGE)
    return sorted(m.name.upper() for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
