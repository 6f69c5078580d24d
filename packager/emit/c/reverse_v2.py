"""REVERSE_V2 moves elements."""

from packager.emit.c._move import Move

KERNEL = Move()
