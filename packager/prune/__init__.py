"""Making a model smaller by taking channels out of its graph: plan first, then apply."""

from packager.prune._contract import Cut, Pruned, PrunePlan
from packager.prune.apply import apply_plan
from packager.prune.dead import plan_dead, remove_dead
from packager.prune.shares import prune_channels, work_of

__all__ = ["Cut", "PrunePlan", "Pruned", "apply_plan", "plan_dead", "prune_channels", "remove_dead", "work_of"]
