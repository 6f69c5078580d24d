"""From a request to bundles on the disk; `pipeline.build` reads from top to bottom."""

from packager.build.pipeline import build
from packager.build.result import BuildResult, BuiltBundle

__all__ = ["BuildResult", "BuiltBundle", "build"]
