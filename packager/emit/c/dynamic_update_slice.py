"""DYNAMIC_UPDATE_SLICE moves elements, where its place is constant."""

from packager.emit.c._move import Move

KERNEL = Move(data=(0, 1))
