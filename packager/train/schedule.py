"""What changes as training goes on: the learning rate by step, the share of masked weights by epoch."""

import math
from typing import Any

from packager.config.training import Training


def rates(how: Training, steps: int) -> Any:
    """The learning rate by step: up linearly, then down along a cosine or level."""
    import keras

    rise = round(how.warmup * steps)
    fall = max(1, steps - rise) if how.schedule == "cosine" else 2**40
    if rise:
        return keras.optimizers.schedules.CosineDecay(
            how.learning_rate / 100, fall, warmup_target=how.learning_rate, warmup_steps=rise
        )
    return keras.optimizers.schedules.CosineDecay(how.learning_rate, fall)


def ramp(epochs: int) -> int:
    """Epochs over which sparsity grows; the rest lets the weights that stay recover."""
    return max(1, math.ceil(epochs * 0.6))


def masked(share: float, epoch: int, ramp_epochs: int) -> float:
    """The share of weights masked after an epoch, on the way to `share`: Zhu and Gupta's cubic schedule (2017)."""
    left = 1 - min(1.0, (epoch + 1) / ramp_epochs)
    return share * (1 - left**3)
