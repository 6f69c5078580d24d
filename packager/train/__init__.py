"""Training float graphs: the IR made differentiable by TensorFlow, in a child process."""

from packager.train._contract import Example, FakeQuant, Held, Hint, Hints, Trained
from packager.train.check import check_trainable, need_tensorflow
from packager.train.fisher import fisher_of
from packager.train.taylor import taylor_of
from packager.train.train import train

__all__ = [
    "Example",
    "FakeQuant",
    "Held",
    "Hint",
    "Hints",
    "Trained",
    "check_trainable",
    "fisher_of",
    "need_tensorflow",
    "taylor_of",
    "train",
]
