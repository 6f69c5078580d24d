"""Target families: one module each, found by the name that a profile gives."""

import importlib
import importlib.util

from packager.config.profile import Profile
from packager.errors import ConfigError
from packager.families._contract import Family, Job, Product

__all__ = ["Family", "Job", "Product", "family_of"]


def family_of(profile: Profile) -> Family:
    """Return the family that a profile names.

    Raises:
        ConfigError: there is no such family.
    """
    module = f"{__name__}.{profile.family}"
    if not profile.family.isidentifier() or importlib.util.find_spec(module) is None:
        raise ConfigError(
            f"target {profile.name!r}: no family named {profile.family!r}",
            hint="a family is a module of packager.families",
        )
    family: Family = importlib.import_module(module).FAMILY
    return family
