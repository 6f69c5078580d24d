"""SELECT_V2 moves elements, where its condition is constant."""

from packager.emit.c._move import Move

KERNEL = Move(data=(1, 2))
