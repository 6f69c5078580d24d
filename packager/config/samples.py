"""Calibration and evaluation data: `.npz`, `.npy` or a folder of `.npy`, checked against the model's inputs."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """`count` inputs for a model: for each input name an array of shape ``[count, *input shape without the batch]``."""

    arrays: Mapping[str, npt.NDArray[Any]]
    """By the model's input tensor name, in the order of the model's inputs."""
    labels: npt.NDArray[Any] | None = None
    """Shape ``[count]``, integer classes, for evaluation."""
    source: str = ""
    """File name (no directory) or ``random``, for the report."""
    sha256: str = ""

    @property
    def count(self) -> int:
        return len(next(iter(self.arrays.values())))

    @property
    def trusted(self) -> bool:
        """False for inputs drawn at random: a report made with them says so."""
        return self.source != "random"
