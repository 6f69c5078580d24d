"""Which kernel computes an operator: the module that bears its name."""

from packager.emit.c._contract import Kernel
from packager.util.lookup import export_names, find_export

_PACKAGE = "packager.emit.c"


def find_kernel(name: str) -> Kernel | None:
    """Return an operator's kernel, None where there is none."""
    kernel: Kernel | None = find_export(_PACKAGE, name, "KERNEL")
    return kernel


def kernel_names() -> list[str]:
    """Return every operator with a kernel, sorted."""
    return export_names(_PACKAGE)
