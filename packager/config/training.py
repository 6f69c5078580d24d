"""How a model is trained on: a table of a recipe, or a TOML file."""

import dataclasses
from collections.abc import Iterator

from packager.errors import ConfigError, did_you_mean

SCHEDULES = ("cosine", "constant")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Augment:
    """Changes to the inputs, drawn anew each time one is used. They suit images and spectra; none by default."""

    shift: tuple[int, ...] = ()
    """Up to so many steps to either side along each axis after the batch's; what is shifted in repeats the edge."""
    flip: tuple[int, ...] = ()
    """Axes, the batch's being 0, that are mirrored half of the time."""
    noise: float = 0.0
    """Of the standard deviation of the inputs, added as normal noise."""
    gain: float = 0.0
    """Inputs are multiplied by up to so much more or less than 1."""
    tilt: float = 0.0
    """Of the standard deviation of each place of the axes after the first, added as one normal number along the first:
    a spectrum, frames first, as another microphone or room would give it."""
    erase: float = 0.0
    """Up to this share of one axis, drawn at random, is replaced by the inputs' mean."""
    mix: float = 0.0
    """Two inputs and their targets are mixed in a proportion of the beta distribution with this parameter."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    epochs: int = 20
    batch: int = 32
    learning_rate: float = 0.002
    """Of Adam; weights are trained in units of their channel's root mean square."""
    schedule: str = "cosine"
    """``cosine``, down to 0 at the end, or ``constant``."""
    warmup: float = 0.05
    """Share of the steps over which the learning rate rises."""
    weight_decay: float = 0.0
    held_out: float = 0.1
    """Share of the training data that decides which epoch was best."""
    patience: int = 5
    """Epochs without a better one after which training stops; 0 for never. The best one's weights are kept."""
    temperature: float = 2.0
    """Of the teacher's and the student's probabilities when one learns from the other."""
    distill: float = 0.5
    """The teacher's share of the loss where there are labels; without labels it is all."""
    seed: int = 0
    threads: int = 2
    """Of TensorFlow; the weights come out the same from run to run with the same number."""
    freeze: tuple[str, ...] = ()
    """Names of layers whose weights stay."""
    augment: Augment = dataclasses.field(default_factory=Augment)


def check_training(how: Training, *, source: str) -> None:
    """Check what TOML's types can't.

    Raises:
        ConfigError: the first value out of range, with its key.
    """
    for message, hint in training_problems(how):
        raise ConfigError(f"{source}: {message}", hint=hint)


def training_problems(how: Training) -> Iterator[tuple[str, str]]:
    """Pairs of message and hint."""
    for key, wrong, hint in _problems(how):
        yield f"{key} = {wrong!r} is out of range", hint


_RANGES: tuple[tuple[str, float, float, str], ...] = (
    ("epochs", 1, 1e6, "use 1 or more"),
    ("batch", 1, 1e6, "use 1 or more"),
    ("threads", 1, 1024, "use 1 or more"),
    ("learning_rate", 1e-12, 10, "use a number above 0, such as 0.002"),
    ("temperature", 1e-3, 1e3, "use a number above 0, such as 2"),
    ("warmup", 0, 0.99, "use a share from 0 to below 1"),
    ("held_out", 0, 0.99, "use a share from 0 to below 1"),
    ("distill", 0, 1, "use a share from 0 to 1"),
    ("weight_decay", 0, 0.99, "use a small share, such as 0.0001"),
    ("patience", 0, 1e6, "use 0 or more"),
    ("seed", 0, 2**32 - 1, "use 0 or more"),
)
"""Key, lowest, highest, hint."""


def _problems(how: Training) -> Iterator[tuple[str, object, str]]:
    if how.schedule not in SCHEDULES:
        yield "schedule", how.schedule, did_you_mean(how.schedule, SCHEDULES)
    for key, low, high, hint in _RANGES:
        if not low <= getattr(how, key) <= high:
            yield key, getattr(how, key), hint
    yield from _augment_problems(how.augment)


def _augment_problems(how: Augment) -> Iterator[tuple[str, object, str]]:
    if any(steps < 0 for steps in how.shift):
        yield "augment.shift", list(how.shift), "use one number of steps an axis, 0 or more"
    if any(axis < 1 for axis in how.flip):
        yield "augment.flip", list(how.flip), "axis 0 counts the inputs; 2 mirrors an image left to right"
    for key, top in (("noise", 10), ("gain", 1), ("tilt", 10), ("erase", 1), ("mix", 10)):
        if not 0 <= getattr(how, key) <= top:
            yield f"augment.{key}", getattr(how, key), f"use a number from 0 to {top}"
