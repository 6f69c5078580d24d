"""EdgePack: a trained model in, a bundle that a firmware team can flash out."""

__version__ = "0.1.0"
