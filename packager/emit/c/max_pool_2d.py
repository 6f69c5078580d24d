"""MAX_POOL_2D."""

from packager.emit.c._pool import Pool

KERNEL = Pool("max_pool_2d")
