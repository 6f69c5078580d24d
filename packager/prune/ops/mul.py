"""MUL."""

from packager.prune._contract import Flow
from packager.prune.ops._carry import ties_of_all
from packager.prune.ops._evaluate import multiplied

FLOW = Flow(ties=ties_of_all, bounds=multiplied)
