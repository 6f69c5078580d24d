"""SPACE_TO_BATCH_ND moves elements, zero points around them."""

from packager.emit.c._move import Move

KERNEL = Move()
