"""How a model would lie on several Edge TPUs, or beside others on one, for `edgepack inspect`."""

from collections.abc import Sequence

from packager.config.edgetpu import load_edgetpu_compiler
from packager.config.profile import EdgeTpu, Profile
from packager.errors import ConfigError
from packager.figure import Place
from packager.ir import Model
from packager.plan.edgetpu import predict_mapping
from packager.plan.edgetpu_pipeline import Pipeline, Shared, plan_pipeline, plan_shared


def pipeline_of(model: Model, profile: Profile, count: int) -> Pipeline:
    """Plan a model over `count` TPUs.

    Raises:
        ConfigError: the target has no Edge TPU, or the model has fewer operators that map.
    """
    mapped = _mapped(model, _tpu_of(profile))
    plan = plan_pipeline(model, profile, mapped, count)
    if plan is None:
        raise ConfigError(
            f"{model.name}: {len(mapped)} operators map, too few for {count} Edge TPUs", hint="give a smaller --tpus"
        )
    return plan


def shared_of(models: Sequence[Model], profile: Profile) -> tuple[Shared, ...]:
    """Plan models on one TPU, the first served first.

    Raises:
        ConfigError: the target has no Edge TPU.
    """
    tpu = _tpu_of(profile)
    return plan_shared([(model, _mapped(model, tpu)) for model in models], tpu)


def _tpu_of(profile: Profile) -> EdgeTpu:
    if profile.edgetpu is None:
        raise ConfigError(f"target {profile.name} has no Edge TPU", hint="--target coral, or another of its family")
    return profile.edgetpu


def _mapped(model: Model, tpu: EdgeTpu) -> set[int]:
    verdicts = predict_mapping(model, load_edgetpu_compiler(tpu.compiler)).verdicts
    return {i for i, verdict in enumerate(verdicts) if verdict.place is Place.TPU}
