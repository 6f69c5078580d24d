"""PAD with the zero point."""

from packager.emit.c._pad import Pad

KERNEL = Pad()
