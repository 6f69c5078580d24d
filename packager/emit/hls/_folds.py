"""How many lanes and rows a process may have."""

from packager.plan.folding import Fold

MOST_LANES = 64
"""Lanes of one stream, and rows of one matrix unit: wider words route badly, and no part here profits."""

_MOST_FILL = 1.2


def divisors(count: int, most: int = MOST_LANES) -> list[int]:
    """Every divisor of `count` up to `most`, ascending."""
    return [d for d in range(1, min(count, most) + 1) if count % d == 0]


def row_folds(count: int, most: int = MOST_LANES) -> list[int]:
    """Rows of a matrix unit for `count` outputs, ascending: for each number of groups the least that does.

    The last group may be filled up with rows of zeros; that is worth it between the divisors of `count`, as far as no
    more than a fifth is wasted.
    """
    found = {-(-count // groups) for groups in range(1, count + 1)}
    return sorted(pe for pe in found if pe <= most and -(-count // pe) * pe <= _MOST_FILL * count)


def lane_folds(count: int, most: int = MOST_LANES) -> list[Fold]:
    """Folds of a process that reads and writes the same number of lanes."""
    return [Fold(simd=d, pe=d) for d in divisors(count, most)]
