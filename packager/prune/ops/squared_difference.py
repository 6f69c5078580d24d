"""SQUARED_DIFFERENCE: elementwise."""

from packager.prune.ops._carry import ELEMENTWISE

FLOW = ELEMENTWISE
