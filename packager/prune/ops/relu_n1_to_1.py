"""RELU_N1_TO_1: elementwise, never falling."""

from packager.prune.ops._carry import RISING

FLOW = RISING
