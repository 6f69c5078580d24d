"""GATHER_ND moves elements."""

from packager.emit.c._move import Move

KERNEL = Move()
