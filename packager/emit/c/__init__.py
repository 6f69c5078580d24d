"""A C99 runtime made for one int8 model: its kernels, its weights, its memory plan, and a test of itself.

`unsupported` says what has no kernel, `emit_c` writes the files, `arena` tells what lies where in their memory,
`savings` what zero weights were good for.
"""

from packager.emit.c._arena import arena
from packager.emit.c._check import unsupported
from packager.emit.c._contract import Saved
from packager.emit.c._costs import ANY, Target, target_of
from packager.emit.c._prefix import check_prefix
from packager.emit.c._render import emit_c
from packager.emit.c._savings import savings

__all__ = ["ANY", "Saved", "Target", "arena", "check_prefix", "emit_c", "savings", "target_of", "unsupported"]
