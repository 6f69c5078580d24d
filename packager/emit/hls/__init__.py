"""A Vitis HLS project: a network of streaming processes with the integers of an int8 model.

`unsupported` says what has no template, `design_for` lays a model out for a part, `project` writes the files, `sized`
gives their streams the depths that a simulation found.
"""

from packager.emit.hls._check import unsupported
from packager.emit.hls._design import Design, design_for, folds_of
from packager.emit.hls._render import TOP, project
from packager.emit.hls._sized import Sized, sized

__all__ = ["TOP", "Design", "Sized", "design_for", "folds_of", "project", "sized", "unsupported"]
