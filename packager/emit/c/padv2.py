"""PADV2: pad with a constant value."""

from packager.emit.c._pad import Pad

KERNEL = Pad()
