"""What is known of the targets' instructions, for steps that trade accuracy for time."""

from collections.abc import Sequence

from packager.compress import Count
from packager.config.profile import Profile
from packager.ir import Graph
from packager.plan._kernel_counts import WORK
from packager.plan.kernel_work import instructions, kernels_of


def counts_of(profiles: Sequence[Profile]) -> tuple[dict[str, Count], tuple[str, ...]]:
    """Return a count by target, and the targets that there is none for: those that no counted kernels run on."""
    found = {}
    for profile in profiles:
        kernels = kernels_of(profile.cpu) if profile.cpu is not None and _runs_c(profile) else ""
        if kernels in WORK:
            found[profile.name] = _count(kernels)
    return found, tuple(profile.name for profile in profiles if profile.name not in found)


def _runs_c(profile: Profile) -> bool:
    return profile.family == "microcontroller" or (profile.family == "raspberrypi" and profile.engine == "c")


def _count(kernels: str) -> Count:
    def count(graph: Graph, index: int, width: int = 0) -> float | None:
        return instructions(graph, index, kernels, width)

    return count
