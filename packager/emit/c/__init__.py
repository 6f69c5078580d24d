"""A C99 runtime made for one int8 model: its kernels, its weights, its memory plan, and a test of itself.

`unsupported` says what has no kernel, `emit_c` writes the files.
"""

from packager.emit.c._check import unsupported
from packager.emit.c._prefix import check_prefix
from packager.emit.c._render import emit_c

__all__ = ["check_prefix", "emit_c", "unsupported"]
