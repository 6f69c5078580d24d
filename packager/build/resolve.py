"""A request made definite: every name looked up and every file of words read, before anything heavy starts."""

import dataclasses
from collections.abc import Mapping

from packager.compress import Planned, check_order, plan_step
from packager.config.budget import Budget, load_budget
from packager.config.compression import StepTable, load_steps, steps_from
from packager.config.profile import Profile, load_profile
from packager.config.recipe import Recipe, check_recipe, load_recipe
from packager.config.request import BuildRequest
from packager.emit.c import check_prefix
from packager.errors import ConfigError, did_you_mean
from packager.ops import ARITHMETICS, FAST17
from packager.util.naming import slug

IO_TYPES = ("int8", "uint8", "int16", "float32")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    name: str
    """Of the bundles."""
    profiles: tuple[Profile, ...]
    recipes: Mapping[str, Recipe]
    """By target."""
    budget: Budget | None
    steps: tuple[Planned, ...]
    """Of compression, in order."""


def resolve(request: BuildRequest) -> Resolved:
    """Look up what a request names.

    Raises:
        ConfigError: a target, recipe, type or arithmetic that does not exist, with the nearest that does; a missing
            file; an output path that is a file.
    """
    if not request.targets:
        raise ConfigError("no target given", hint="add --target NAME; see `edgepack targets`")
    known = (*ARITHMETICS, FAST17)
    if request.arithmetic and request.arithmetic not in known:
        raise ConfigError(f"no arithmetic {request.arithmetic!r}", hint=did_you_mean(request.arithmetic, known))
    for kind in (request.inputs, request.outputs):
        if kind and kind not in IO_TYPES:
            raise ConfigError(f"inputs and outputs can't be {kind!r}", hint=did_you_mean(kind, IO_TYPES))
    check_prefix(request.c_prefix)
    if not request.model.exists():
        raise ConfigError(f"{request.model}: no such file", hint="check the path")
    if request.out.exists() and not request.out.is_dir():
        raise ConfigError(f"{request.out}: exists and is no directory", hint="give another one with -o")
    profiles = _profiles(request.targets)
    for profile in profiles:
        if request.arithmetic == FAST17 and profile.family != "fpga":
            message = f"{profile.name} can't compute in arithmetic {FAST17!r}, which is the FPGA's own"
            raise ConfigError(message, hint="build it on its own, or leave --arithmetic to the targets")
    recipes = {p.name: _recipe(request, p) for p in profiles}
    return Resolved(
        name=slug(request.name or request.model.stem),
        profiles=profiles,
        recipes=recipes,
        budget=load_budget(request.budget) if request.budget else None,
        steps=_steps(request, recipes),
    )


def _steps(request: BuildRequest, recipes: Mapping[str, Recipe]) -> tuple[Planned, ...]:
    tables = load_steps(request.prune) if request.prune else _steps_of(request.recipe, recipes)
    limit = request.max_drop
    if limit is not None:
        if not limit >= 0:
            raise ConfigError(f"--max-drop {limit:g}: no number of points", hint="write 1 for one percentage point")
        for given, option in ((tables, "--prune"), (request.eval, "--eval")):
            if not given:
                raise ConfigError(f"--max-drop needs {option}", hint="it limits what pruning costs on labelled inputs")
    if request.train and not tables:
        raise ConfigError("--train needs --prune", hint="name steps that train in a TOML file: docs/compression.md")
    planned = tuple(plan_step(table) for table in tables)
    check_order(planned)
    return planned


def _steps_of(name: str, recipes: Mapping[str, Recipe]) -> tuple[StepTable, ...]:
    """The steps that the recipes name: all the same, for all targets are built from one smaller float model."""
    named = {recipe.name: recipe for recipe in recipes.values()}
    first, *others = named.values()
    for other in others:
        if other.steps != first.steps:
            raise ConfigError(
                f"recipes {first.name} and {other.name} name different compression steps",
                hint="build their targets one by one, or give the steps with --prune FILE.toml",
            )
    return steps_from(first.steps, source=name or first.name) if first.steps else ()


def _profiles(targets: tuple[str, ...]) -> tuple[Profile, ...]:
    """Load each target once; what is wrong with any is said of all."""
    profiles, wrong = [], []
    for target in dict.fromkeys(targets):
        try:
            profiles.append(load_profile(target))
        except ConfigError as error:
            wrong.append(error)
    if len(wrong) > 1:
        lines = "\n".join(f"  - {error} ({error.hint})" for error in wrong)
        raise ConfigError(f"{len(wrong)} targets can't be built for\n{lines}", hint="see `edgepack targets`")
    if wrong:
        raise wrong[0]
    return tuple(profiles)


def _recipe(request: BuildRequest, profile: Profile) -> Recipe:
    recipe = load_recipe(request.recipe or profile.recipe)
    if recipe.sensitivity is not None and profile.tensorrt is None:
        raise ConfigError(
            f"{profile.name}: recipe {recipe.name} leaves layers in float16, which only TensorRT mixes with int8",
            hint="use it for a Jetson, or another recipe",
        )
    rate = request.frames_per_second
    hardware = recipe.fpga if rate is None else dataclasses.replace(recipe.fpga, frames_per_second=rate)
    recipe = dataclasses.replace(
        recipe, inputs=request.inputs or recipe.inputs, outputs=request.outputs or recipe.outputs, fpga=hardware
    )
    check_recipe(recipe)
    return recipe
