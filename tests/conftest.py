"""How property tests search: the same cases for the same code, without a clock. And what builds in tests leave out.

A search that differs from run to run blames whoever pushed last, and a deadline would time the machine.
"""

import pytest
from hypothesis import settings

settings.register_profile("edgepack", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("edgepack")


@pytest.fixture(autouse=True)
def _sources_only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds find no C compiler for their target, but in tests marked ``compiles``: it takes seconds a bundle."""
    if request.node.get_closest_marker("compiles") is None:
        monkeypatch.setattr("packager.build.compiled.prebuild", lambda *_: None)
