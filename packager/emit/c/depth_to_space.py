"""DEPTH_TO_SPACE moves elements."""

from packager.emit.c._move import Move

KERNEL = Move()
