"""AVERAGE_POOL_2D."""

from packager.emit.c._pool import Pool

KERNEL = Pool("average_pool_2d")
