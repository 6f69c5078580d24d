"""QUANTIZE: elementwise, never falling."""

from packager.prune.ops._carry import RISING

FLOW = RISING
