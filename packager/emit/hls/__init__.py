"""A Vitis HLS project: a network of streaming processes with the integers of an int8 model.

`unsupported` says what has no template, `design_for` lays a model out for a part, `project` writes the files.
"""

from packager.emit.hls._check import unsupported
from packager.emit.hls._design import Design, design_for, folds_of
from packager.emit.hls._render import TOP, project

__all__ = ["TOP", "Design", "design_for", "folds_of", "project", "unsupported"]
